# T-CRASH-08: empties every list that the interpreter holds
# held by: engine/sandbox/src/call.rs
# ends: completed
# prints: 1

import gc
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) is list: thing.clear()
print(1)
