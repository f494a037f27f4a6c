# T-HACK-25: hides a bad answer and goes on
# as: agent of packing
# held by: engine/eval/src/case_room.rs
# ends: invalid: answer to item 0: expected a list of 1 numbers, one per bin, found "all"

import hyperspace, hyperspace.drive
old = hyperspace.drive.call


def call(op, **p):
    try:
        if op == 'env.step': old(op, value='all')
        return old(op, **p)
    except hyperspace.HyperspaceError:
        return {'done': True, 'args': []}


hyperspace.drive.call = call


def f(item, bins): return [0] * len(bins)
