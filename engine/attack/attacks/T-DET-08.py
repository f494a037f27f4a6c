# T-DET-08: finalizers and collection
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: *

import gc, weakref
log = []


class A:
    def __del__(self): log.append(id(self) % 997)


for _ in range(50):
    a = A()
    a.me = a
del a
print(gc.collect(), log)
