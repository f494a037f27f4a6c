# T-TIME-05: waits on standard input for ever
# held by: engine/sandbox/src/wasi/io.rs
# ends: completed
# prints: 'a line\n' '' ''

import sys
print(repr(sys.stdin.read()), repr(sys.stdin.read()), repr(sys.stdin.readline()))
