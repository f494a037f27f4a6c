"""What the interpreter is optimised for: a little of everything that agents and evaluations do, none of it a benchmark's program.

Deterministic: no clock, no randomness that is not seeded, no listing of anything. Each part runs for about as long as the others.
"""

import collections
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import math
import operator
import random
import re
import statistics
import string
import struct
import textwrap
import traceback
import typing


class Node:
    __slots__ = ("key", "left", "right", "weight")

    def __init__(self, key, weight):
        self.key, self.weight = key, weight
        self.left = self.right = None


class Treap:
    """A search tree: attributes, recursion, comparisons."""

    def __init__(self, seed):
        self.root, self.size, self.random = None, 0, random.Random(seed)

    def insert(self, key):
        self.root = self._insert(self.root, key)

    def _insert(self, node, key):
        if node is None:
            self.size += 1
            return Node(key, self.random.random())
        if key < node.key:
            node.left = self._insert(node.left, key)
            if node.left.weight > node.weight:
                child = node.left
                node.left, child.right = child.right, node
                return child
        elif key > node.key:
            node.right = self._insert(node.right, key)
            if node.right.weight > node.weight:
                child = node.right
                node.right, child.left = child.left, node
                return child
        return node

    def __iter__(self):
        stack, node = [], self.root
        while stack or node:
            while node:
                stack.append(node)
                node = node.left
            node = stack.pop()
            yield node.key
            node = node.right


@dataclasses.dataclass(order=True)
class Item:
    weight: int
    value: int
    name: str = dataclasses.field(compare=False, default="")
    tags: list = dataclasses.field(compare=False, default_factory=list)


class Colour(enum.Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


class Pair(typing.NamedTuple):
    left: int
    right: str


class Shape:
    sides = 0

    def area(self):
        raise NotImplementedError

    @property
    def label(self):
        return f"{type(self).__name__}({self.area():.2f})"


class Square(Shape):
    sides = 4

    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side * self.side

    def __eq__(self, other):
        return isinstance(other, Square) and self.side == other.side

    def __hash__(self):
        return hash(self.side)


class Circle(Shape):
    def __init__(self, radius):
        super().__init__()
        self.radius = radius

    def area(self):
        return math.pi * self.radius**2


def trees():
    tree = Treap(3)
    for number in range(6_000):
        tree.insert(number * 7_919 % 10_007)
    assert list(tree) == sorted(tree)
    return tree.size


def objects():
    shapes = [Square(n % 17) if n % 3 else Circle(n % 11) for n in range(4_000)]
    labels = collections.Counter(shape.label for shape in shapes)
    unique = {shape for shape in shapes if isinstance(shape, Square)}
    items = sorted(Item(n * 31 % 101, n, f"item {n}", [n]) for n in range(3_000))
    pairs = [Pair(item.weight, item.name)._replace(left=1) for item in items]
    colours = [Colour(1 + n % 3).name for n in range(2_000)]
    return len(labels), len(unique), items[5].name, pairs[7].right, colours.count("RED")


def packing(sizes, capacity):
    """First fit and best fit, as an agent for bin packing would write it."""
    first, best = [], []
    for size in sizes:
        for index, room in enumerate(first):
            if room >= size:
                first[index] -= size
                break
        else:
            first.append(capacity - size)
        fitting = [(room - size, index) for index, room in enumerate(best) if room >= size]
        if fitting:
            best[min(fitting)[1]] -= size
        else:
            best.append(capacity - size)
    return len(first), len(best)


def sieve(limit):
    flags = bytearray([1]) * (limit + 1)
    flags[0:2] = b"\0\0"
    for number in range(2, math.isqrt(limit) + 1):
        if flags[number]:
            flags[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return sum(flags)


def grids():
    """Lists of lists, shortest ways, dynamic programs."""
    height, width = 40, 50
    grid = [[(row * 13 + column * 7) % 5 != 0 for column in range(width)] for row in range(height)]
    distance, queue = {(0, 1): 0}, collections.deque([(0, 1)])
    while queue:
        row, column = queue.popleft()
        for r, c in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if 0 <= r < height and 0 <= c < width and grid[r][c] and (r, c) not in distance:
                distance[r, c] = distance[row, column] + 1
                queue.append((r, c))
    heap, costs = [(0, 0)], {0: 0}
    while heap:
        cost, place = heapq.heappop(heap)
        for step, price in ((1, 3), (7, 11), (19, 23)):
            there = (place + step) % 1_009
            if cost + price < costs.get(there, 1 << 40):
                costs[there] = cost + price
                heapq.heappush(heap, (cost + price, there))
    left, right = "kitten sitting on the bench" * 2, "sitting kitten in the trench" * 2
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (a != b)))
        previous = current
    return len(distance), sum(costs.values()), previous[-1]


def matrices():
    size = 36
    a = [[(i * j % 7) - 3.5 for j in range(size)] for i in range(size)]
    b = [list(column) for column in zip(*a)]
    product = [[sum(x * y for x, y in zip(row, column)) for column in b] for row in a]
    vector = [1.0] * size
    for _ in range(20):
        vector = [sum(map(operator.mul, row, vector)) for row in product]
        norm = math.sqrt(sum(x * x for x in vector))
        vector = [x / norm for x in vector]
    points = [(math.cos(n * 0.37) * n, math.sin(n * 0.37) * n) for n in range(300)]
    nearest = min(math.hypot(x1 - x2, y1 - y2) for (x1, y1), (x2, y2) in itertools.combinations(points, 2))
    rate = total = 0.0
    for step in range(30_000):
        rate = 0.99 * rate + 0.01 * ((step * 37 % 101) - 50)
        total += abs(rate) if rate > 0 else -rate * 0.5
    return vector[0], nearest, total, statistics.fmean(vector), statistics.median([x for x, _ in points])


def integers():
    a, b, collatz = 0, 1, 0
    for _ in range(600):
        a, b = b, a + b
    for start in range(1, 1_500):
        n = start
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            collatz += 1
    state, bits = 88_172_645_463_325_252, 0
    for _ in range(15_000):
        state ^= (state << 13) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= (state << 17) & 0xFFFFFFFFFFFFFFFF
        bits += state.bit_count() & 1
    modular = pow(3, 10**40, 10**35 + 7)
    return len(str(b)), collatz, bits, modular % 97, math.gcd(2**90 - 2, 3**50), int("9" * 60) // 7


WORDS = (string.ascii_lowercase * 3 + " the quick brown fox jumps over a lazy dog and reasons about proofs. ") * 4


def texts():
    total, counts = 0, {}
    for turn in range(60):
        words = re.split(r"\W+", WORDS)
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        lines = [f"{turn:03d} {word!r:>10} {len(word) / 3:.2f} {word.upper()}" for word in words if word]
        text = "\n".join(lines)
        total += text.count("quick".upper()) + text.find("dog") + len(text.replace("o", "00").split("\n"))
        total += sum(c.isalpha() for c in text[:400]) + len("".join(reversed(text)).strip().lower().encode())
        total += len(textwrap.fill(WORDS[:200], 40)) + len("%s-%05d-%x" % ("a", turn, turn)) + len("{:>8}|{:<4}".format(turn, "b"))
    pattern = re.compile(r"(?P<day>\d{1,2})\. (?P<month>[A-Z][a-z]+) (\d{4})|\[(\w+)\]=\"([^\"]*)\"|#\w*")
    sample = '12. March 2024 [key]="some value" text text #tag 7. May 1999 nothing here [x]="y" ' * 40
    for _ in range(6):
        total += sum(len(found.group(0)) for found in pattern.finditer(sample))
        total += len(re.sub(r"(\w)(\w*)", lambda found: found.group(2) + found.group(1), sample))
        total += len(re.findall(r"^\s*(?:if|for|while)\b.*?:$|\S+", sample, re.MULTILINE))
        total += bool(re.fullmatch(r"(?:[^x]*x)*[^x]*", sample)) + bool(re.match(r"answer:\s*(yes|no)", "Answer: Yes", re.I))
    return total, len(counts)


def documents():
    rows = [{"id": n, "label": ("correct", "partial", "wrong")[n % 3], "score": n / 8, "ok": n % 2 == 0, "note": None,
             "text": f"line {n}\n\"quoted\" \u00fc", "path": [n, [n + 1, {"deep": []}]]} for n in range(250)]
    total = 0
    for turn in range(10):
        text = json.dumps(rows, indent=None if turn % 2 else 2, sort_keys=turn % 3 == 0, ensure_ascii=turn % 2 == 0)
        total += len(text) + len(json.loads(text))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["id", "label", "score"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    back = list(csv.DictReader(io.StringIO(stream.getvalue())))
    packed = b"".join(struct.pack("<Hdi", row["id"], row["score"], -row["id"]) for row in rows)
    total += sum(number for number, _, _ in struct.iter_unpack("<Hdi", packed))
    total += len(hashlib.sha256(packed * 20).hexdigest()) + len(hashlib.md5(packed).digest())
    return total, len(back)


def functions():
    @functools.lru_cache(maxsize=None)
    def ways(amount, coins):
        if amount == 0:
            return 1
        if amount < 0 or not coins:
            return 0
        return ways(amount - coins[0], coins) + ways(amount, coins[1:])

    def counter(start, *more, step=1, **named):
        while start < 50:
            got = yield start
            start += step + (got or 0) + len(more) + len(named)

    def hanoi(n, a, b, c):
        return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)

    total = 0
    for n in range(250):
        total += sum(counter(n % 7, 1, 2, step=3, name=4))
        total += sum(x * y for x, y in zip(range(20), itertools.accumulate(range(20))) if x % 2)
        total += len({k: v for k, v in enumerate(map(str, range(30))) if v != "7"})
        total += len(list(itertools.islice(itertools.chain(range(9), "abc", itertools.repeat(1)), 25)))
        first, *rest = sorted(range(12), key=lambda value: (value % 4, -value))
        total += first + len(rest) + functools.reduce(lambda a, b: a ^ b, rest)
        try:
            {}[n] if n % 2 else int("x")
        except (KeyError, ValueError) as error:
            total += len(str(error))
        finally:
            total += 1
        with io.BytesIO(b"line\n" * 5) as stream:
            total += sum(len(line) for line in stream)
        match (n % 4, [n, n + 1]):
            case (0, [a, b]):
                total += a + b
            case (1, [a, *_]) if a > 10:
                total += a
            case _:
                total -= 1
    return ways(150, (1, 2, 5, 10, 50)), hanoi(11, 1, 2, 3), total


def numbers():
    exact = sum((fractions.Fraction(1, n) for n in range(1, 60)), fractions.Fraction(0))
    money = sum((decimal.Decimal(n) / 7 for n in range(300)), decimal.Decimal(0))
    day = datetime.date(2024, 2, 28)
    days = [(day + datetime.timedelta(days=n)).isoformat() for n in range(300)]
    source = random.Random(11)
    drawn = [source.choice("abc") + str(source.randint(1, 99)) for _ in range(3_000)]
    source.shuffle(drawn)
    deviation = statistics.pstdev(source.gauss(0, 1) for _ in range(1_000))
    return exact.numerator % 1_000, str(money)[:8], days[-1], drawn[3], round(deviation, 6)


SOURCE = '''
import math
def score(row, weights={"a": 1.0}):
    """Doc."""
    total = 0
    for key, value in row.items():
        if key in weights and value is not None:
            total += weights[key] * (value if value > 0 else -value)
        elif isinstance(value, str):
            total += len(value.split())
    return {"total": total, "root": math.sqrt(total)} if total else None
class Agent:
    limit = 3
    def __init__(self, name="x"):
        self.name = name; self.seen = []
    def answer(self, row):
        try:
            self.seen.append(score(row)["total"])
        except (TypeError, KeyError) as error:
            return f"{self.name}: {error}"
        return [value for value in self.seen[-self.limit:] if value]
'''


def programs():
    """Compiling and running text, as importing an agent does."""
    total = 0
    for turn in range(25):
        space = {"__name__": f"agent{turn}"}
        exec(compile(SOURCE, f"agent{turn}.py", "exec"), space)
        agent = space["Agent"](f"n{turn}")
        for n in range(25):
            total += len(agent.answer({"a": n - 5, "b": "two words", "c": None}))
    try:
        space["score"](3)
    except AttributeError:
        total += len(traceback.format_exc()) > 0
    return total


def main():
    sizes = [(n * 7_919 % 67) + 5 for n in range(700)]
    for turn in range(3):
        print(trees(), objects(), packing(sizes, 100), sieve(60_000), grids())
        print(matrices(), integers(), texts(), documents(), functions(), numbers(), programs())
        records = [{"key": n * 31 % 997, "name": f"r{n * 17 % 1_009}"} for n in range(4_000)]
        records.sort(key=operator.itemgetter("key", "name"))
        names = sorted((record["name"] for record in records), reverse=turn % 2 == 0)
        numbers_sorted = sorted(float(n * 37 % 1_013) for n in range(8_000))
        grouped = {k: len(list(g)) for k, g in itertools.groupby(records, key=lambda record: record["key"] // 10)}
        print(names[3], numbers_sorted[9], len(grouped))


if __name__ == "__main__":
    main()
