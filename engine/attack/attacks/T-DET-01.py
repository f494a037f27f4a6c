# T-DET-01: every source of chance
# held by: engine/sandbox/src/host/state.rs
# ends: completed
# prints: *

import os, random, secrets, tempfile, uuid
print(random.random(), os.urandom(8).hex(), uuid.uuid4(), uuid.uuid1(), secrets.token_hex(4), tempfile.mktemp(), random.SystemRandom().random())
