"""Floating point in variables: escape times of complex points, and a numeric integral."""

import math


def escape(x, y, most):
    a = b = 0.0
    for step in range(most):
        aa, bb = a * a, b * b
        if aa + bb > 4.0:
            return step
        a, b = aa - bb + x, 2.0 * a * b + y
    return most


def integral(steps):
    total, width = 0.0, 3.0 / steps
    for index in range(steps):
        x = (index + 0.5) * width
        total += math.sin(x) * math.exp(-x) / (1.0 + x * x)
    return total * width


points = sum(escape(-2.0 + 0.0165 * column, -1.2 + 0.02 * row, 200) for row in range(120) for column in range(180))
print(points, f"{integral(600_000):.12f}")
