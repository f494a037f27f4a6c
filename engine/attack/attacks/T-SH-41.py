# T-SH-41: python3 in the shell, beyond what its caller may do
# held by: engine/tools/src/shell/python.rs
# ends: completed
# with: tools
# prints: PermissionError: [Errno 2] Permission denied: '/work/fixed.txt'
# prints: b'{"error":{"kind":"denied","message":"secret: the grant does not name this operation"}}'
# prints: None
# prints: AttributeError: module '_socket' has no attribute 'getaddrinfo'
# prints: OSError: [Errno 58] wasi does not support processes.
# prints: FileNotFoundError: [Errno 44] No such file or directory: '/etc/passwd'
# refusals: 2

from hyperspace.tools import bash

for source in ['open("/work/fixed.txt", "w")', 'import _hyperspace; print(_hyperspace.send(b"{\\"op\\": \\"secret\\"}"))', 'import os; print(os.environ.get("HOST_FILE"))',
               'import socket; socket.create_connection(("127.0.0.1", 80))', 'import subprocess; subprocess.run(["ls"])', 'print(open("/etc/passwd").read())']:
    print(bash(f"python3 -c '{source}' 2>&1 | tail -1").strip())
