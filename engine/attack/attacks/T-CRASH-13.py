# T-CRASH-13: a code object that claims an enormous stack
# held by: engine/sandbox/src/call.rs
# ends: completed
# prints: 1

def f(): return 1


f.__code__ = f.__code__.replace(co_stacksize=2**31 - 1)
print(f())
