# T-CRASH-01: aborts the interpreter
# held by: engine/sandbox/src/call.rs
# ends: trap: wasm `unreachable` instruction executed

import os
os.abort()
