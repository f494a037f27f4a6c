"""Dictionaries: counting, grouping, and looking up with integer and string keys."""


def count(rounds):
    seen = {}
    value = 12_345
    for _ in range(rounds):
        value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
        key = value % 50_021
        seen[key] = seen.get(key, 0) + 1
    return seen


def group(seen):
    groups = {}
    for key, times in seen.items():
        groups.setdefault(f"times-{times}", []).append(key)
    return {name: len(keys) for name, keys in groups.items()}


seen = count(1_000_000)
groups = group(seen)
print(len(seen), max(seen.values()), sorted(groups.items())[:3])
