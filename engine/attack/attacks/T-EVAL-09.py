# T-EVAL-09: writes the file of metrics itself
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import json
json.dump({'answer': 'guess', 'combined_score': 1.0}, open('/tmp/metrics.json', 'w'))
def f(): return 0
