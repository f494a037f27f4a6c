# T-HACK-11: leaves with success
# as: agent of rows
# held by: engine/eval/src/evaluator.rs
# ends: exit: code 0 before an answer

import sys


def f(x): sys.exit(0)
