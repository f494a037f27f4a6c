"""A step function for the first autocorrelation inequality."""

HEIGHTS = [
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
]


def heights():
    """Returns the heights of the steps."""
    return [max(0.0, height) for height in HEIGHTS]


def products(found):
    """The sums of products of the autoconvolution at multiples of the width of a step."""
    sums = [0.0] * (2 * len(found) - 1)
    for i, height in enumerate(found):
        if height:
            sums[i:i + len(found)] = [total + height * other for total, other in zip(sums[i:i + len(found)], found)]
    return sums


def quality(found):
    """The largest value of f * f over the square of the integral; smaller is better."""
    sums, total = products(found), sum(found)
    if total == 0.0 or min(found) < 0.0:
        return 1e300
    return max(sums) * 2.0 * len(found) / (total * total)
