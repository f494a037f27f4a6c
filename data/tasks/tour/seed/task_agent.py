"""Finds a short tour of cities: always on to the city that looks nearest."""

import math

CENTRE = 0.0
START = 0


def look(city, other, middle):
    """The worth of going from a city to another one; the smallest is taken."""
    distance = math.hypot(city[0] - other[0], city[1] - other[1])
    return distance - CENTRE * math.hypot(other[0] - middle[0], other[1] - middle[1])


def tour(cities):
    """Returns the numbers of the cities in the order of the tour."""
    middle = [sum(city[axis] for city in cities) / len(cities) for axis in (0, 1)]
    order = [int(START) % len(cities)]
    left = set(range(len(cities))) - set(order)
    while left:
        here = cities[order[-1]]
        order.append(min(sorted(left), key=lambda number: look(here, cities[number], middle)))
        left.remove(order[-1])
    return order
