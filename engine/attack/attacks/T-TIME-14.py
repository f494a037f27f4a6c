# T-TIME-14: reads one large file for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

with open('/usr/lib/python313.zip', 'rb', buffering=0) as stream:
    while True:
        stream.seek(0)
        stream.read()
