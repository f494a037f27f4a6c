# T-CRASH-03: kills itself by signal
# held by: engine/sandbox/src/wasi/mod.rs
# ends: trap: wasm `unreachable` instruction executed

import signal
signal.raise_signal(9)
