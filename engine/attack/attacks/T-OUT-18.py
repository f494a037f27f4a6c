# T-OUT-18: leaves with a code of 32 bits
# held by: engine/sandbox/src/host/state.rs
# ends: exit 4294967295

import os
os._exit(-1)
