# T-HACK-23: makes a step before the episode began
# as: agent of packing
# held by: engine/eval/src/room.rs
# ends: exception: hyperspace.errors.Denied: call env.reset first

import hyperspace
hyperspace.call('env.step', value=[0])


def f(item, bins): return [0] * len(bins)
