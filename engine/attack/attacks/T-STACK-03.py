# T-STACK-03: the text of a deep list
# held by: engine/sandbox/src/engine.rs
# ends: exception RecursionError

x = []
for _ in range(200_000): x = [x]
repr(x)
