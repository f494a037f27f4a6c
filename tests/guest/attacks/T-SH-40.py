# T-SH-40: takes everything away
# held by: engine/tools/src/shell/fs.rs
# ends: completed
# with: tools
# prints: ?
# refusals: 1
# changes: 1

from hyperspace.tools import bash, editor


bash('rm -rf / /* /work /work/* /repo /sdk /usr')
print(bash('cat fixed.txt; ls /work /repo').split())
import json
print(json.dumps({'still': 'here'}))
