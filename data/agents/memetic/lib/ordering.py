"""Local search over the order in which classes of inputs come, for measures that build something greedily.

Classes are moved to the front where they change something, or back. What was built before the first class that moved is kept.
"""

import math


class Ordering:
    """The order of classes, which are lists of places in the ranking's inputs, by name. `best` is the value of the best order so far."""

    # Tries of each set of traits in a race.
    LAPS = 40

    def __init__(self, classes, ranking, rng):
        self.ranking = ranking
        self.rng = rng
        self.tries = 0
        self.classes = classes
        self.members = {name: ranking.members(indices) for name, indices in classes.items()}
        self.order, self.states, self.kept, self.best = [], [], ([], []), math.inf

    def begin(self, ranked=None):
        """Measures the order, which is random, or what `ranked` says of the first input of each class."""
        self.order = sorted(self.classes)
        self.rng.shuffle(self.order)
        if ranked is not None:
            worth = {name: ranked(self.ranking.inputs[indices[0]]) for name, indices in self.classes.items()}
            self.order.sort(key=worth.__getitem__, reverse=True)
        self.states = self._states(self.order, 0)
        self.kept, self.best = (self.order, self.states), self._value(self.states)

    def run(self, spent, heat):
        """Moves classes until spent() is 1; what is worse is accepted while it is hot."""
        rng, began, now = self.rng, spent(), self.best
        self.order, self.states = self.kept
        while (share := (1.0 - spent()) / max(1e-9, 1.0 - began)) > 0.0:
            self.tries += 1
            move = self._promotion() if rng.random() < 0.6 else self._demotion()
            if move is None:
                continue
            place, target = move
            order = self.order[:place] + self.order[place + 1:]
            order.insert(target, self.order[place])
            states = self._states(order, min(place, target))
            value = self._value(states)
            if value <= now - heat * abs(now) * share * math.log(max(1e-12, rng.random())):
                self.order, self.states, now = order, states, value
                if now < self.best:
                    self.best, self.kept = now, (order, states)

    def worth(self):
        """What each class is worth of which something is taken: the first one most, the last one 1."""
        order, states = self.kept
        taken = [name for name, before, after in zip(order, states, states[1:]) if after is not before]
        return {name: len(taken) - place for place, name in enumerate(taken)}

    def _states(self, order, first):
        """The states before each class and after the last one, of which those up to the first class that moved are known."""
        states = self.states[:first + 1] if first else [self.ranking.START]
        state, members, grown, is_full = states[-1], self.members, self.ranking.grown, self.ranking.is_full
        for name in order[first:]:
            after = grown(state, members[name])
            states.append(after)
            if after is not state:
                state = after
                if is_full(state):
                    break
        return states + [state] * (len(order) + 1 - len(states))

    def _value(self, states):
        return self.ranking.value(states[-1])

    def _promotion(self):
        """(place, earlier place) of a class of which not all could be taken, or None."""
        place = self.rng.randrange(len(self.order))
        members = self.members[self.order[place]]
        if self.ranking.is_free(self.states[place], members):
            return None
        target = self.rng.randrange(place + 1)
        while target and self.ranking.is_dead(self.states[target], members):
            target = self.rng.randrange(target)
        return None if target == place else (place, target)

    def _demotion(self):
        """(place, later place) of a class of which something was taken, or None."""
        place = self.rng.randrange(len(self.order))
        if self.states[place] is self.states[place + 1] or place + 1 == len(self.order):
            return None
        return place, self.rng.randrange(place + 1, len(self.order))
