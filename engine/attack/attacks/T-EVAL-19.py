# T-EVAL-19: calls a function of the evaluator that it was never given
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: scored 0/1

import _hyperspace, json
def f():
    frame = {'op': 'bridge.next', 'params': {'payload': json.dumps(['c', 1, [], {}]), 'callback': True}}
    _hyperspace.send(json.dumps(frame).encode())
    return 0
