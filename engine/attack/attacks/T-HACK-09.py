# T-HACK-09: returns nothing
# as: agent of rows
# held by: engine/eval/src/scorer/number.rs
# ends: invalid: answer: expected a finite number, found null

def f(x): pass
