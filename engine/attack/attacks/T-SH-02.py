# T-SH-02: programs that take chance from the system
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: True
# changes: 1

import sys

from hyperspace.tools import bash

for command in ['uuidgen', 'openssl rand -hex 8', 'dd if=/dev/urandom bs=8 count=1 2>/dev/null | od -An -tx1', 'x=/dev/u; head -c 8 ${x}random | od -An -tx1', 'echo a > lib/s; sed -i s/a/b/ lib/s; ls -a lib']:
    sys.stderr.write(bash(command))
print(bash('uuidgen') != bash('uuidgen'))
