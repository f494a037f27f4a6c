"""Cap sets that are built greedily, as a measure of functions that rank vectors: those of larger ranks are taken first.

A set of vectors over {0, 1, 2} is a whole number, with a bit for each vector in lexicographic order. The third points of the lines through a
vector and those that were taken before are found by shifting bits, digit by digit, and every state of the construction can be kept: what begins
with the same vectors need not be built again.
"""

import itertools


class CapSets:
    """The measure in one dimension. A state is (vectors that are blocked, the mirrored ones of those that were taken, how many were taken)."""

    START = (0, 0, 0)

    def __init__(self, dimension):
        self.inputs = [list(vector) for vector in itertools.product(range(3), repeat=dimension)]
        self.dimension = dimension
        self.shifts = [_shifts(3**place, len(self.inputs)) for place in range(dimension)]
        self.turns = {}
        self.all = (1 << len(self.inputs)) - 1

    def _turn(self, index):
        """(bit of the mirrored vector, shifts that add it to all vectors of a set)."""
        mirrored, shifts = 0, []
        for place in range(self.dimension):
            digit = -(index // 3**place) % 3
            mirrored += digit * 3**place
            if digit:
                shifts.append(self.shifts[place][digit - 1])
        self.turns[index] = found = 1 << mirrored, shifts
        return found

    def members(self, indices):
        """The set of the vectors with these indices."""
        bits = bytearray(b"0") * len(self.inputs)
        for index in indices:
            bits[-1 - index] = 49
        return int(bits, 2)

    @staticmethod
    def is_dead(state, members):
        """Whether none of these vectors can be taken any more."""
        return not members & ~state[0]

    @staticmethod
    def is_free(state, members):
        """Whether none of these vectors is blocked."""
        return not members & state[0]

    def is_full(self, state):
        """Whether no vector can be taken any more."""
        return state[0] == self.all

    def grown(self, state, members):
        """The state after those of these vectors that can still be taken, in lexicographic order; the same state if there is none."""
        blocked, mirrored, size = state
        free = members & ~blocked
        if not free:
            return state
        while free:
            index = (free & -free).bit_length() - 1
            bit, shifts = self.turns.get(index) or self._turn(index)
            mirrored |= bit
            thirds = mirrored
            for stay, up, wrap, down in shifts:
                thirds = (thirds & stay) << up | (thirds & wrap) >> down
            blocked |= thirds
            free &= ~blocked
            size += 1
        return blocked, mirrored, size

    @staticmethod
    def value(state):
        """What a state is worth: smaller is better."""
        return -float(state[2])

    def of_ranks(self, ranks):
        """The value of a ranking."""
        groups = {}
        for index, rank in enumerate(ranks):
            groups.setdefault(rank, []).append(index)
        state = self.START
        for rank in sorted(groups, reverse=True):
            state = self.grown(state, self.members(groups[rank]))
        return self.value(state)


def _shifts(place, count):
    """(mask, bits up, mask, bits down) that add 1 to the digit of this place in all vectors of a set, and the same for 2, modulo 3."""
    first, second, third = (int((f"{1 << digit:03b}".replace("1", "1" * place).replace("0", "0" * place)) * (count // place // 3), 2) for digit in range(3))
    return (first | second, place, third, 2 * place), (first, 2 * place, second | third, place)
