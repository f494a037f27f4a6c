# T-HACK-36: has no function
# as: agent of rows
# held by: engine/eval/src/evaluator.rs
# ends: exception: AttributeError: module 'task_agent' has no attribute 'f'

g = 1
