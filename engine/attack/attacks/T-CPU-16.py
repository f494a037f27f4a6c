# T-CPU-16: loops in a finalizer
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

class Last:
    def __del__(self):
        while True: pass


x = Last()
del x
