# T-CRASH-02: a segmentation fault on request
# held by: engine/sandbox/src/call.rs
# ends: trap: wasm `unreachable` instruction executed

import faulthandler
faulthandler._sigsegv()
