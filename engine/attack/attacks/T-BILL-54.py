# T-BILL-54: polls one file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import select
p = select.poll()
p.register(0)
while True:
    p.poll(0)
