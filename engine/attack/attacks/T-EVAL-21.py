# T-EVAL-21: raises an exception with the name of an exit
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_wire.py
# ends: scored 0/1

class Own(Exception):
    def __str__(self): return 'CANARY'
Own.__name__ = 'SystemExit'
def f(): raise Own()
