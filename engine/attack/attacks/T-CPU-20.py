# T-CPU-20: loops while a generator is closed
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

def stubborn():
    try:
        yield
    finally:
        while True: pass


generator = stubborn()
next(generator)
generator.close()
