# T-HOST-08: prints all that it can read and all that it holds
# held by: engine/sandbox/src/markfs/mod.rs
# limits: fuel=5_000_000_000
# ends: completed
# prints: *

import gc, os, sys
folder = os.environ['HOST_FOLDER']
for place, _, names in os.walk('/'):
    for name in names:
        content = open(os.path.join(place, name), 'rb').read()
        sys.stdout.buffer.write(content[:2_000] if len(content) < 100_000 else content[-2_000:])
print(dict(os.environ), sys.argv, sys.path, sys.stdin.read(), repr(gc.get_objects())[:100_000].encode('ascii', 'replace'))
