# T-HACK-05: returns a text that is a number
# as: agent of rows
# held by: engine/eval/src/scorer/number.rs
# ends: invalid: answer: expected a finite number, found "3"

class Text(str):
    def __float__(self): return 3.0


def f(x): return Text(3)
