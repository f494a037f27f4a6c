# T-CRASH-09: empties every table that the interpreter holds
# held by: engine/sandbox/src/guest.rs
# ends: trap: malformed result

import gc
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) is dict: thing.clear()
print(1)
