# T-EVAL-26: puts a module in the evaluator's place and imports from it
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import sys
sys.modules['evaluator'] = type(sys)('evaluator')
sys.modules['evaluator'].ANSWER = 0
from evaluator import ANSWER
score = ANSWER
def f(): return ANSWER
