# T-HACK-01: is honest: the score that others are compared with
# as: agent of rows
# held by: engine/eval/src/scorer/rows.rs
# ends: scored 5/1

def f(x): return 0
