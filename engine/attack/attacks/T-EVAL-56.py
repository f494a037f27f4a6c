# T-EVAL-56: has an iterator that begins again with other values
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/proxies.py
# ends: scored 0/1

class Values:
    ends = 0
    given = True
    def __iter__(self): return self
    def __next__(self):
        self.given = not self.given
        if self.given:
            self.ends += 1
            raise StopIteration
        return self.ends
def values(): return Values()
def f(): return 0
