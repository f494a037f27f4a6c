# T-CPU-03: a regular expression that backtracks for ever
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import re
re.match(r'(a+)+$', 'a' * 64 + 'b')
