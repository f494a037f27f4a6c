# T-QUOTA-15: calls through the door, exactly as many as allowed
# held by: engine/sandbox/src/host/host_call.rs
# limits: host_calls=3
# ends: completed
# prints: [1, 2, 3]

import hyperspace
print([hyperspace.call('count') for _ in range(3)])
