# T-EVAL-51: answers with the object that the evaluator made, whose length changes
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/proxies.py
# ends: scored 0/1

class Box:
    read = 0
    def itself(self): return self
    def __len__(self):
        self.read += 1
        return self.read - 1
def f(): return 0
