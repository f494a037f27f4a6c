# T-EVAL-40: hands back a generator of random numbers whose state is beyond its end
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_library.py
# ends: scored 0/1

import hyperspace_library as library
STATE = (3, tuple([1] * 624 + [1 << 40]), None)
library.PARTS['random', 'Random'] = 'Random', lambda value: [STATE]
def change(items, numbers):
    items[0] = 1
    numbers.random()
def f(): return 0
