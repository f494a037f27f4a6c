# T-EVAL-18: answers before it is asked, with what is no value
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: scored 0/1

import _hyperspace, json
def f():
    frame = {'op': 'bridge.next', 'params': {'payload': json.dumps(['v', {'$': 'CANARY?'}]), 'callback': False}}
    _hyperspace.send(json.dumps(frame).encode())
    return 0
