# T-DET-03: identities, hashes and the order of sets
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: *

print(id(object()), hash('x'), hash(object()), {'a', 'b', 'c', 'd'}, {object() for _ in range(3)}, hash(1.5), hash(None))
