# T-SH-35: a thousand files and one, and a folder of five thousand levels
# held by: engine/sandbox/src/host/file_calls.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('for i in $(seq 2000); do : > /tmp/f$i; done; mkdir -p /tmp/$(printf "a/%.0s" $(seq 5000)); rm -rf /tmp/f*; ls /tmp | wc -l')[-1_000:])
print(bash('echo alive').strip())
