# T-BILL-03: asks for the time of the processor
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import time
while True:
    time.process_time()
