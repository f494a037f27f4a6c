# T-DOOR-11: a result of a program that did not end
# held by: engine/sandbox/src/call.rs
# ends: trap: wasm `unreachable` instruction executed

import _hyperspace, os
_hyperspace.result(b'{"ok": 1}')
os.abort()
