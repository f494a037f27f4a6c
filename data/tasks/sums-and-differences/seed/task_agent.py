"""A set of integers with more differences than sums."""

ELEMENTS = [0, 1, 3]
BASE = 9
DIGITS = 1


def elements():
    """Returns a list: all numbers of DIGITS digits in base BASE whose digits are elements."""
    found = [0]
    for _ in range(max(1, min(6, DIGITS))):
        found = sorted({number * BASE + digit for number in found for digit in ELEMENTS if digit >= 0})[:2000]
    return [number - found[0] for number in found]


def quality(found):
    """The exponent; larger is better."""
    import math

    numbers = sorted(set(found))
    if len(numbers) < 2 or numbers[0] != 0 or len(numbers) < len(found):
        return 0.0
    if len(numbers) > 250:
        return 1.0
    sums = len({a + b for a in numbers for b in numbers})
    differences = len({a - b for a in numbers for b in numbers})
    return 1.0 + math.log(differences / sums) / math.log(2 * numbers[-1] + 1)
