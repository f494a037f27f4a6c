# T-EVAL-36: has a generator without an end, whose values equal everything
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/proxies.py
# ends: scored 0/1

class Yes:
    def __eq__(self, other): return True
def stream():
    while True: yield Yes()
class Box:
    def __iter__(self): return stream()
    def __len__(self): return 1 << 62
    def __getitem__(self, at): return Yes()
def f(): return stream()
def make(): return Box()
