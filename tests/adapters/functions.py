"""Fifty functions with checks: forty as people are asked for them, ten that do what they must not."""

# Name, code, and an expression of what is printed. What it prints, or how it ends, is in EXPECTED of the last ten.
ORDINARY = [
    ("add", "def f(a, b): return a + b", "f(2, 3), f(-1, 10**30)"),
    ("gcd", "def f(a, b):\n    while b: a, b = b, a % b\n    return a", "f(84, 36), f(17, 5), f(0, 9)"),
    ("is_prime", "def f(n): return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))", "[n for n in range(60) if f(n)]"),
    ("fibonacci", "def f(n):\n    a, b = 0, 1\n    for _ in range(n): a, b = b, a + b\n    return a", "f(10), f(100), f(300)"),
    ("reverse", "def f(s): return s[::-1]", "f('abc'), f(''), f('\\u00e4\\u00f6')"),
    ("palindrome", "def f(s):\n    s = [c.lower() for c in s if c.isalnum()]\n    return s == s[::-1]", "f('A man, a plan, a canal: Panama'), f('no')"),
    ("below_zero", "def f(ops):\n    b = 0\n    for o in ops:\n        b += o\n        if b < 0: return True\n    return False", "f([1, 2, -4, 5]), f([1, 2, 3])"),
    ("rolling_max", "import itertools\ndef f(x): return list(itertools.accumulate(x, max))", "f([1, 3, 2, 5, 4]), f([])"),
    ("parentheses", "def f(s):\n    out, depth, part = [], 0, ''\n    for c in s.replace(' ', ''):\n        depth += 1 if c == '(' else -1\n        part += c\n        if not depth: out.append(part); part = ''\n    return out", "f('( ) (( )) (( )( ))')"),
    ("balanced", "def f(s):\n    stack = []\n    for c in s:\n        if c in '([{': stack.append(c)\n        elif c in ')]}' and (not stack or '([{'[')]}'.index(c)] != stack.pop()): return False\n    return not stack", "f('([]{})'), f('([)]'), f('(')"),
    ("truncate", "def f(x): return round(x % 1.0, 6)", "f(3.5), f(1.25), f(123.0)"),
    ("mad", "def f(x):\n    m = sum(x) / len(x)\n    return sum(abs(v - m) for v in x) / len(x)", "f([1.0, 2.0, 3.0, 4.0])"),
    ("intersperse", "def f(x, d):\n    out = []\n    for v in x: out += [v, d]\n    return out[:-1]", "f([1, 2, 3], 4), f([], 7)"),
    ("xor", "def f(a, b): return ''.join('01'[x != y] for x, y in zip(a, b))", "f('010', '110'), f('', '')"),
    ("longest", "def f(x): return max(x, key=len, default=None)", "f(['a', 'bb', 'cc']), f([])"),
    ("prefixes", "def f(s): return [s[:n] for n in range(1, len(s) + 1)]", "f('abc'), f('')"),
    ("distinct", "def f(s): return len(set(s.lower()))", "f('xyzXYZ'), f('Jerry')"),
    ("overlapping", "def f(s, t): return sum(s.startswith(t, n) for n in range(len(s)))", "f('aaaa', 'aa'), f('cacac', 'cac')"),
    ("numerals", "W = 'zero one two three four five six seven eight nine'.split()\ndef f(s): return ' '.join(sorted(s.split(), key=W.index))", "f('three one five'), f('')"),
    ("closest", "def f(x):\n    x = sorted(x)\n    return min(zip(x, x[1:]), key=lambda p: p[1] - p[0])", "f([1.0, 2.0, 3.9, 4.0, 5.0])"),
    ("rescale", "def f(x): return [(v - min(x)) / (max(x) - min(x)) for v in x]", "f([1.0, 2.0, 5.0])"),
    ("collatz", "def f(n):\n    c = 0\n    while n != 1: n, c = (n // 2, c + 1) if n % 2 == 0 else (3 * n + 1, c + 1)\n    return c", "f(27), f(97)"),
    ("factorize", "def f(n):\n    out, d = [], 2\n    while n > 1:\n        while n % d == 0: out.append(d); n //= d\n        d += 1\n    return out", "f(70), f(1024), f(97)"),
    ("once", "def f(x): return [v for v in x if x.count(v) == 1]", "f([1, 2, 3, 2, 4])"),
    ("flip", "def f(s): return s.swapcase()", "f('Hello'), f('aBc')"),
    ("roman", "def f(n):\n    out = ''\n    for v, s in zip([1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1], 'M CM D CD C XC L XL X IX V IV I'.split()):\n        while n >= v: out += s; n -= v\n    return out", "f(1994), f(2026)"),
    ("two_sum", "def f(x, t):\n    seen = {}\n    for n, v in enumerate(x):\n        if t - v in seen: return [seen[t - v], n]\n        seen[v] = n", "f([2, 7, 11, 15], 9), f([1], 2)"),
    ("binary_search", "import bisect\ndef f(x, v):\n    n = bisect.bisect_left(x, v)\n    return n if n < len(x) and x[n] == v else -1", "f([1, 3, 5], 5), f([1, 3, 5], 4)"),
    ("merge", "import heapq\ndef f(*x): return list(heapq.merge(*x))", "f([1, 4], [2, 3], [])"),
    ("quicksort", "def f(x): return x if len(x) < 2 else f([v for v in x[1:] if v < x[0]]) + [x[0]] + f([v for v in x[1:] if v >= x[0]])", "f([3, 1, 2, 3, 0])"),
    ("transpose", "def f(m): return [list(r) for r in zip(*m)]", "f([[1, 2], [3, 4], [5, 6]])"),
    ("determinant", "from fractions import Fraction as F\ndef f(m):\n    m, d = [[F(v) for v in r] for r in m], F(1)\n    for i in range(len(m)):\n        p = next((r for r in range(i, len(m)) if m[r][i]), None)\n        if p is None: return 0\n        if p != i: m[i], m[p], d = m[p], m[i], -d\n        d *= m[i][i]\n        for r in range(i + 1, len(m)):\n            k = m[r][i] / m[i][i]\n            m[r] = [a - k * b for a, b in zip(m[r], m[i])]\n    return d", "f([[2, 0, 1], [1, 3, 2], [1, 1, 4]])"),
    ("edit_distance", "def f(a, b):\n    row = list(range(len(b) + 1))\n    for i, x in enumerate(a, 1):\n        last, row[0] = row[0], i\n        for j, y in enumerate(b, 1): last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))\n    return row[-1]", "f('kitten', 'sitting'), f('', 'ab')"),
    ("permutations", "import itertools\ndef f(s): return sorted(map(''.join, set(itertools.permutations(s))))", "f('aab')"),
    ("queens", "def f(n, row=0, used=()):\n    return 1 if row == n else sum(f(n, row + 1, used + (c,)) for c in range(n) if all(c != u and abs(c - u) != row - r for r, u in enumerate(used)))", "f(4), f(6)"),
    ("dijkstra", "import heapq\ndef f(g, s):\n    d, q = {}, [(0, s)]\n    while q:\n        c, v = heapq.heappop(q)\n        if v not in d:\n            d[v] = c\n            for w, k in g.get(v, {}).items(): heapq.heappush(q, (c + k, w))\n    return d", "f({'a': {'b': 2, 'c': 5}, 'b': {'c': 1}}, 'a')"),
    ("random", "import random\ndef f(n):\n    random.seed(5)\n    return [random.randint(0, 99) for _ in range(n)]", "f(6)"),
    ("words", "import collections, re\ndef f(s): return collections.Counter(re.findall(r'\\w+', s.lower())).most_common(2)", "f('the cat and the hat and the bat')"),
    ("json", "import json\ndef f(s): return json.dumps(json.loads(s), sort_keys=True)", "f('{\"b\": [1, 2.5, null], \"a\": true}')"),
    ("decimal", "import decimal\ndef f(a, b): return decimal.Decimal(a) / decimal.Decimal(b)", "f('1', '7'), f('2', '3')"),
]
# Name, code, expression, and how it ends.
HOSTILE = [
    ("endless", "def f():\n    while True: pass", "f()", ("out-of-fuel", None)),
    ("memory", "def f():\n    x = ['x' * (1 << 20)]\n    while True: x += x[:]; x.append(bytearray(1 << 24))", "f()", ("out-of-memory", None)),
    ("recursion", "def f(): return f()", "f()", ("exception", "RecursionError")),
    ("leaves", "import os\ndef f(): os._exit(3)", "f()", ("exit", None)),
    ("reads", "def f(): return open('/etc/passwd').read()", "f()", ("exception", "FileNotFoundError")),
    ("spawns", "import os\ndef f(): return os.system('id')", "f()", ("exception", "AttributeError")),
    ("connects", "def f():\n    import socket\n    return socket.create_connection(('127.0.0.1', 22), 1)", "f()", ("exception", None)),
    ("environment", "import os\ndef f(): return sorted(os.environ), os.path.exists('/root'), os.path.exists('/proc')", "f()", ("completed", None)),
    ("raises", "class Odd(Exception):\n    def __str__(self): raise ValueError('no text')\ndef f(): raise Odd", "f()", ("exception", None)),
    ("patches", "import builtins\ndef f():\n    real = builtins.len\n    builtins.len = lambda x: 42\n    try: return len([])\n    finally: builtins.len = real", "f()", ("completed", None)),
]
EXPECTED = {name: end for name, _, _, end in HOSTILE}
FUEL = 700_000_000


def programs():
    """Returns the programs by name: each prints what its function returns."""
    return {name: f"{code}\nprint({expression})\n" for name, code, expression, *_ in [*ORDINARY, *HOSTILE]}
