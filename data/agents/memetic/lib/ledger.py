"""The operators that made the ancestors of a tree, and the weights that follow from them."""

import json
import os

ENTRIES_MAX = 40
# Successes that every operator is thought to have had, in proportion to its first weight.
PRIOR = 6.0


def _path(repo):
    return os.path.join(repo, "lib", "ledger.json")


def read(repo):
    """The lists of operators of the ancestors, oldest first. What is missing or broken is empty."""
    try:
        with open(_path(repo), encoding="utf-8") as handle:
            found = json.load(handle)
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(found, list):
        return []
    return [[str(name) for name in entry] for entry in found if isinstance(entry, list)][-ENTRIES_MAX:]


def weights(record, first):
    """Weights by success: the first ones, and one for each ancestor that an operator helped to make, shared by its helpers.

    Only children that were better are ancestors, so every entry is a success.
    """
    total = sum(first.values())
    found = {name: PRIOR * weight / total for name, weight in first.items()}
    for entry in record:
        for name in entry:
            if name in found:
                found[name] += 1.0 / len(entry)
    return found


def write(repo, record, applied):
    """Writes the record of a child."""
    with open(_path(repo), "w", encoding="utf-8") as handle:
        json.dump([*record, applied][-ENTRIES_MAX:], handle)
