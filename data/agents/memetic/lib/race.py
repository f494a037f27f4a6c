"""A race of searches from different beginnings: each gets a few tries, the better ones some more, and the best one the rest of the time."""

import math

RACING, UNTIL, DRAWS_MAX = 8, 0.5, 400
# So many stay in the race after their laps, and get so many times as many again.
STAYING, MORE = 3, 4
# How much worse is accepted at first, as a share of the value; less where a search goes on from what is there.
HEAT, HEAT_ON = 0.006, 0.003


def won(draw, clock, goes_on):
    """(search that got furthest or None, what was done); `draw()` is a search that has begun, or None, and `clock()` the share of the time that is spent.

    A search has `best`, `tries`, the number of `LAPS` that it needs to show what is in it, and `run(spent, heat)`, which ends when spent() is 1.
    """
    racing, draws, heat = [], 0, HEAT_ON if goes_on else HEAT
    while len(racing) < RACING and draws < DRAWS_MAX and clock() < UNTIL:
        draws += 1
        search = draw()
        if search is not None:
            _run_laps(search, 1, clock, heat)
            racing.append(search)
    racing.sort(key=lambda search: search.best)
    for search in racing[:STAYING]:
        _run_laps(search, MORE, clock, heat)
    first = min(racing, key=lambda search: search.best, default=None)
    if first is not None:
        first.run(clock, heat)
    return first, {"sets": len(racing), "tries": sum(search.tries for search in racing)}


def _run_laps(search, count, clock, heat):
    """Runs a search for so many of its laps, or until the time is up."""
    before, tries = search.tries, count * search.LAPS
    search.run(lambda: max((search.tries - before) / tries, clock()), heat)


def report(way, done, before, first):
    """What a search by this way did, as the meta agent tells it."""
    after = before if first is None else min(before, first.best)
    return {"way": way, **done, "before": _shown(before), "after": _shown(after)}


def _shown(value):
    return value if math.isfinite(value) else None
