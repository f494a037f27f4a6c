# T-QUOTA-16: one call through the door too many
# held by: engine/sandbox/src/host/host_call.rs
# limits: host_calls=3
# ends: quota host_calls
# prints: 1
# prints: 2
# prints: 3

import hyperspace
for _ in range(4): print(hyperspace.call('count'), flush=True)
