"""Helpers of the agent."""


def clamp(x, low, high):
    """Returns x within low and high."""
    return max(low, min(high, x))


def normalise(text):
    return " ".join(text.lower().split())


class Counter:
    def __init__(self):
        self.count = 0

    def add(self, x=1):
        self.count += x
        return self.count
