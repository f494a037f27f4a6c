# T-HACK-12: leaves with success while it is imported
# as: agent of rows
# held by: engine/eval/src/evaluator.rs
# ends: exit: code 0 before an answer

import os
os._exit(0)
