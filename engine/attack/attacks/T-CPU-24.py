# T-CPU-24: sorts with a comparison that never ends
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import functools
sorted([1, 2], key=functools.cmp_to_key(lambda a, b: sum(iter(int, 1))))
