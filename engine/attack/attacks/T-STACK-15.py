# T-STACK-15: a long chain of generators
# held by: engine/sandbox/src/engine.rs
# ends: stack-overflow

def chain(inner): yield from inner


g = iter([1])
for _ in range(50_000): g = chain(g)
next(g)
