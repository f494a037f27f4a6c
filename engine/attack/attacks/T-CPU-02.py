# T-CPU-02: swallows every exception and goes on
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

while True:
    try:
        while True: pass
    except BaseException:
        pass
