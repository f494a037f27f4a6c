# T-HACK-10: returns an object with a score
# as: agent of rows
# held by: engine/eval/src/scorer/number.rs
# ends: invalid: answer: expected a finite number, found an object of 1 keys

def f(x): return {'score': 1e9}
