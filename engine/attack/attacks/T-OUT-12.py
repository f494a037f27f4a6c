# T-OUT-12: leaves with success before it is done
# held by: engine/sandbox/src/call.rs
# ends: completed
# prints: done

import os
print('done', flush=True)
os._exit(0)
1 / 0
