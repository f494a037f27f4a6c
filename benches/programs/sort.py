"""Sorting: numbers, strings, and records by key."""


def numbers(count):
    value = 1
    for _ in range(count):
        value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
        yield value


data = list(numbers(50_000))
total = 0
for turn in range(3):
    total += sorted(data)[turn]
    total += len(sorted(map(str, data))[turn])
    records = sorted(((value % 1_000, -value) for value in data), key=lambda record: (record[0], record[1]))
    total += records[turn][1]
    data.sort(key=lambda value: value * (turn + 7) % 65_537)
print(total, data[0])
