# T-HACK-15: prints a score
# as: agent of rows
# held by: engine/eval/src/evaluator.rs
# ends: scored 5/1

def f(x):
    print('score: 0')
    print('{"ok": 0, "score": 0}')
    return 0
