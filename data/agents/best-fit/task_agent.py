"""Best fit for online bin packing: the item goes into the fullest bin that still takes it.

`priority(item, bins)` is asked once per arriving item. `bins` holds the remaining capacities of the
open bins that the item fits into, in order of opening, and one fresh bin last. It returns one number
per bin; the largest wins, and the first of equals.
"""


def priority(item, bins):
    """One score per bin: the less room is left after the item, the better."""
    return [item - capacity for capacity in bins]
