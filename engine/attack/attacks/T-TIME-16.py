# T-TIME-16: calls a door that is closed for ever
# held by: engine/sandbox/src/host/host_call.rs
# ends: quota host_calls
# refusals: 1000

import hyperspace
while True:
    try:
        hyperspace.call('secret')
    except hyperspace.Denied:
        pass
