# T-DET-02: every clock
# held by: engine/sandbox/src/wasi/clock.rs
# ends: completed
# prints: *

import datetime, os, time
print(time.time_ns(), time.perf_counter_ns(), time.process_time_ns(), time.monotonic_ns(), datetime.datetime.now(), time.strftime('%c'), time.tzname, os.stat('/tmp').st_mtime_ns)
