# T-HACK-24: makes its driver believe that the episode is over
# as: agent of packing
# held by: engine/eval/src/evaluator.rs
# ends: invalid: the episode: expected an answer for every item, found an early end

import hyperspace.drive
old = hyperspace.drive.call
hyperspace.drive.call = lambda op, **p: old(op, **p) if op == 'env.reset' else {'done': True, 'args': []}


def f(item, bins): return [0] * len(bins)
