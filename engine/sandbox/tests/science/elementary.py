"""Records operands of numpy's elementary functions and the doubles nearest to their values, computed with many digits:
`python elementary.py >elementary.json`, with mpmath.
"""
import json
import random
import sys

import mpmath

mpmath.mp.prec = 200
FUNCTIONS = {
    "exp": (mpmath.exp, lambda r: r.choice((r.uniform(-700, 700), r.uniform(-2, 2), r.gauss(0, 1e-6)))),
    "log": (mpmath.log, lambda r: r.choice((10 ** r.uniform(-300, 300), 1 + r.gauss(0, 1e-4), r.uniform(0, 10)))),
    "tanh": (mpmath.tanh, lambda r: r.choice((r.gauss(0, 6), r.gauss(0, 0.2), r.gauss(0, 1e-7)))),
    "sin": (mpmath.sin, lambda r: r.choice((r.uniform(-7, 7), r.uniform(-1e6, 1e6), r.randrange(1, 5000) * 1.5707963267948966, 1e22 * r.random()))),
    "cos": (mpmath.cos, lambda r: r.choice((r.uniform(-7, 7), r.uniform(-1e6, 1e6), r.randrange(1, 5000) * 1.5707963267948966, 1e22 * r.random()))),
}


def main():
    r, found = random.Random(1), {}
    for name, (function, draw) in FUNCTIONS.items():
        operands = [draw(r) for _ in range(150)]
        found[name] = [[x.hex(), float(function(mpmath.mpf(x))).hex()] for x in operands]
    pairs = []
    while len(pairs) < 150:
        x, y = r.choice(((r.uniform(0, 9), r.uniform(-200, 200)), (1 + r.gauss(0, 1e-3), r.uniform(-4e5, 4e5)), (-r.uniform(0, 4), float(r.randrange(-40, 40)))))
        value = mpmath.power(mpmath.mpf(x), mpmath.mpf(y)).real
        if 1e-300 < abs(value) < 1e300:
            pairs.append([x.hex(), y.hex(), float(value).hex()])
    json.dump({**found, "power": pairs}, sys.stdout, indent=0)
    print()


main()
