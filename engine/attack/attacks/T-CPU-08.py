# T-CPU-08: a factorial of ten million
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import math
math.factorial(10_000_000)
