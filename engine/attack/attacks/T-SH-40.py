# T-SH-40: takes everything away
# held by: engine/sandbox/src/host/file_calls.rs
# ends: completed
# with: tools
# prints: ['fixed', '/work:', 'fixed.txt', '/repo:', 'data', 'json.py', 'victim.py']
# refusals: 11
# changes: 2

from hyperspace.tools import bash

bash('rm -rf / /* /work /work/* /repo /sdk /usr')
print(bash('cat fixed.txt; ls /work /repo').split())
