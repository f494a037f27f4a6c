# T-EVAL-50: has attributes of modules and classes that change while they are read
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/proxies.py
# ends: scored 0/1

import sys
READ = []
class Changing(type):
    @property
    def size(self):
        READ.append(1)
        return 1 - len(READ) % 2
class Box(metaclass=Changing): pass
class Own(type(sys)):
    @property
    def size(self):
        READ.append(1)
        return 1 - len(READ) % 2
sys.modules[__name__].__class__ = Own
def f(): return 0
