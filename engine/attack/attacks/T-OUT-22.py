# T-OUT-22: a hook that sees audit events sees nothing of the host
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: completed
# prints: 1

import sys
seen = []
sys.addaudithook(lambda name, args: seen.append(name))
open('/repo/victim.py').close()
print(seen.count('open'))
