# T-TIME-20: gives way for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import os, time
give_way = getattr(os, 'sched_yield', None) or (lambda: time.sleep(0))
while True:
    give_way()
