# T-CPU-06: the digits of a huge integer, with the guard switched off
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import sys
sys.set_int_max_str_digits(0)
len(str((1 << 8_000_000) - 1))
