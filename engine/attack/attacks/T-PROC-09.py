# T-PROC-09: a pickle that leaves
# held by: engine/sandbox/src/host/state.rs
# ends: exit 5

import os, pickle


class Bomb:
    def __reduce__(self): return os._exit, (5,)


pickle.loads(pickle.dumps(Bomb()))
