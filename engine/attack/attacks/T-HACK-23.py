# T-HACK-23: makes a step while it is imported
# as: agent of packing
# held by: engine/eval/src/case_room.rs
# ends: exception: hyperspace.errors.Denied: env.step: the grant does not name this operation

import hyperspace
hyperspace.call('env.step', value=[0])


def f(item, bins): return [0] * len(bins)
