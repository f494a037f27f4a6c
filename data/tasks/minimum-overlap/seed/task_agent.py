"""A step function with a small overlap, for the minimum overlap problem."""

HEIGHTS = [
    0.4, 0.403, 0.408, 0.415, 0.424, 0.435, 0.448, 0.462, 0.477, 0.492,
    0.508, 0.523, 0.538, 0.552, 0.565, 0.576, 0.585, 0.592, 0.597, 0.6,
    0.6, 0.597, 0.592, 0.585, 0.576, 0.565, 0.552, 0.538, 0.523, 0.508,
    0.492, 0.477, 0.462, 0.448, 0.435, 0.424, 0.415, 0.408, 0.403, 0.4,
]


def heights():
    """Returns heights of at least 0, of which the largest is at most 1 when their mean is 1/2."""
    bounded = [max(0.0, height) for height in HEIGHTS]
    for _ in range(40):
        mean = sum(bounded) / len(bounded)
        if mean <= 0.0:
            return [0.5] * len(bounded)
        bounded = [min(0.9999999, height * 0.5 / mean) for height in bounded]
    return bounded


def quality(found):
    """The largest overlap over all shifts; smaller is better."""
    n, total = len(found), sum(found)
    scaled = [height * n / (2.0 * total) for height in found]
    rest = [1.0 - height for height in scaled]
    largest = max(scaled) - 1.0
    if largest > 0.0:
        return 1.0 + largest
    for shift in range(1 - n, n):
        low, high = max(0, -shift), min(n, n - shift)
        overlap = sum(map(float.__mul__, scaled[low:high], rest[low + shift:high + shift]))
        largest = max(largest, overlap)
    return largest * 2.0 / n
