"""Packs 26 circles into the unit square by SLSQP from several starts; the sum of the radii counts."""
import numpy as np
from scipy.optimize import minimize

N = 26
I, J = np.triu_indices(N, 1)
PAIRS, ROWS = len(I), np.arange(len(I))


def gaps(v):
    x, y, r = v[:N], v[N:2 * N], v[2 * N:]
    return np.concatenate((np.hypot(x[I] - x[J], y[I] - y[J]) - r[I] - r[J], x - r, 1 - x - r, y - r, 1 - y - r))


def slopes(v):
    x, y = v[:N], v[N:2 * N]
    dx, dy = x[I] - x[J], y[I] - y[J]
    d = np.hypot(dx, dy) + 1e-12
    jac = np.zeros((PAIRS + 4 * N, 3 * N))
    jac[ROWS, I], jac[ROWS, J] = dx / d, -dx / d
    jac[ROWS, N + I], jac[ROWS, N + J] = dy / d, -dy / d
    jac[ROWS, 2 * N + I] = jac[ROWS, 2 * N + J] = -1
    k = np.arange(N)
    for n, (place, sign) in enumerate(((0, 1), (0, -1), (N, 1), (N, -1))):
        jac[PAIRS + n * N + k, place + k] = sign
        jac[PAIRS + n * N + k, 2 * N + k] = -1
    return jac


def start(seed):
    """Rows of five and six circles, shaken."""
    rng, rows = np.random.default_rng(seed), (5, 5, 6, 5, 5)
    x = np.concatenate([(np.arange(n) + 0.5) / n for n in rows])
    y = np.repeat((np.arange(5) + 0.5) / 5, rows)
    shake = 0.05 + 0.06 * rng.random()
    x, y = (np.clip(z + shake * rng.normal(size=N), 0.05, 0.95) for z in (x, y))
    return np.concatenate((x, y, np.full(N, 0.08)))


def pack(seeds):
    gradient = np.concatenate((np.zeros(2 * N), -np.ones(N)))
    best = 0.0
    for seed in seeds:
        found = minimize(lambda v: -v[2 * N:].sum(), start(seed), jac=lambda v: gradient, method="SLSQP",
                         bounds=[(0, 1)] * (2 * N) + [(0, 0.5)] * N, constraints={"type": "ineq", "fun": gaps, "jac": slopes},
                         options={"maxiter": 300, "ftol": 1e-12})
        if gaps(found.x).min() > -1e-8:
            best = max(best, -found.fun)
    return best


if __name__ == "__main__":
    print(repr(float(pack(range(2061, 2065)))))
