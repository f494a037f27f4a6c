# T-STACK-04: a deep JSON text
# held by: engine/sandbox/src/engine.rs
# ends: exception RecursionError

import json
json.loads('[' * 100_000)
