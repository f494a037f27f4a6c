# T-HACK-28: a cap set, honestly
# as: agent of cap-set
# held by: engine/eval/src/scorer/cap_set.rs
# ends: scored 4/1

def f(element, n): return 0
