# T-TIME-15: calls the door for ever
# held by: engine/sandbox/src/host/host_call.rs
# ends: quota host_calls

import hyperspace
while True: hyperspace.call('echo')
