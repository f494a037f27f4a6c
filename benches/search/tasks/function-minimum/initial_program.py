"""Searches for the lowest value of a function of two variables: points that fill the square, then steps around the best one."""

# EVOLVE-BLOCK-START
NUMBERS = [35, 3.0, 0.999, 1.0, 0.5]
# EVOLVE-BLOCK-END

SPREAD, STEP, SHRINK, TURN, LEAN = NUMBERS


def spread(index, base):
    """The number `index` with its digits in `base` mirrored behind the point: a sequence that fills 0 to 1 evenly."""
    value, scale = 0.0, 1.0
    while index:
        scale /= base
        value += scale * (index % base)
        index //= base
    return value


def inside(value):
    return min(5.0, max(-5.0, value))


def propose(history):
    """Returns the next [x, y] after the points [x, y, value] of `history`."""
    asked = len(history)
    if asked < SPREAD:
        return [inside(10.0 * spread(asked + 1, 2) - 5.0), inside(10.0 * spread(asked + 1, 3) - 5.0)]
    x, y, _ = min(history, key=lambda point: point[2])
    step = STEP * SHRINK ** (asked - SPREAD)
    across = step * (spread(asked, 2) - LEAN) * TURN
    along = step * (spread(asked, 3) - 0.5) / TURN
    return [inside(x + across), inside(y + along)]
