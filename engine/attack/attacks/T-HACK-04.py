# T-HACK-04: returns a truth value for a number
# as: agent of rows
# held by: engine/eval/src/scorer/number.rs
# ends: invalid: answer: expected a finite number, found true

def f(x): return True
