"""A step function for the second autocorrelation inequality."""

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
    """The ratio of norms of f * f; larger is better."""
    sums, total = products(found), sum(found)
    if total == 0.0 or min(found) < 0.0:
        return 0.0
    return sum(a * a + a * b + b * b for a, b in zip([0.0] + sums, sums + [0.0])) / (3.0 * total * total * max(sums))
