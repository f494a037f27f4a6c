# T-HACK-22: starts an episode anew
# as: agent of packing
# held by: engine/eval/src/case_room.rs
# ends: exception: hyperspace.errors.Denied: an episode starts once

import hyperspace


def f(item, bins): hyperspace.call('env.reset')
