# T-EVAL-16: sends the evaluator's requests
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: scored 0/1

import _hyperspace, json
def f():
    for op in ('program.ask', 'process.run', 'program.end', 'result'):
        _hyperspace.send(json.dumps({'op': op, 'params': {'payload': '["v", 1]', 'combined_score': 1.0}}).encode())
    return 0
