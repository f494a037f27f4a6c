# T-EVAL-55: hands over an object that says it is a file of the task
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/pickles.py
# ends: scored 0/1

import io
import hyperspace_program as own
class Opened:
    name = '/task/results.pkl'
    def __init__(self): self.text = io.BytesIO(b"cevaluator\nANSWER\n.")
    def read(self, count=-1): return self.text.read(count)
    def readline(self): return self.text.readline()
own.is_own = lambda value: type(value) is Opened
def opened(): return Opened()
def f(): return 0
