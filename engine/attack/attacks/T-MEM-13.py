# T-MEM-13: many open files with buffers
# held by: engine/sandbox/src/markfs/open.rs
# ends: exception OSError

x = [open('/usr/lib/python313.zip', 'rb', buffering=1 << 20) for _ in range(10_000)]
