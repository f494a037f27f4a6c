"""Packs 26 circles into the unit square by SLSQP from several starts; the sum of the radii counts."""
import numpy as np
from scipy.optimize import minimize

N = 26
K = np.arange(N)
ALL = np.triu_indices(N, 1)
WALLS = ((0, 1), (0, -1), (N, 1), (N, -1))


def distances(v, pairs):
    i, j = pairs
    return v[i] - v[j], v[N + i] - v[N + j]


def gaps(v, pairs):
    i, j = pairs
    x, y, r = v[:N], v[N:2 * N], v[2 * N:]
    return np.concatenate((np.hypot(*distances(v, pairs)) - r[i] - r[j], x - r, 1 - x - r, y - r, 1 - y - r))


def slopes(v, pairs):
    i, j = pairs
    dx, dy = distances(v, pairs)
    d = np.hypot(dx, dy) + 1e-12
    rows = np.arange(len(i))
    jac = np.zeros((len(i) + 4 * N, 3 * N))
    jac[rows, i], jac[rows, j] = dx / d, -dx / d
    jac[rows, N + i], jac[rows, N + j] = dy / d, -dy / d
    jac[rows, 2 * N + i] = jac[rows, 2 * N + j] = -1
    for n, (place, sign) in enumerate(WALLS):
        jac[len(i) + n * N + K, place + K] = sign
        jac[len(i) + n * N + K, 2 * N + K] = -1
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
    """The best sum of radii. SLSQP sees the pairs that begin as neighbours; what it finds has to hold for all pairs."""
    gradient = np.concatenate((np.zeros(2 * N), -np.ones(N)))
    best = 0.0
    for seed in seeds:
        first = start(seed)
        near = np.hypot(*distances(first, ALL)) < 0.6
        pairs = ALL[0][near], ALL[1][near]
        found = minimize(lambda v: -v[2 * N:].sum(), first, jac=lambda v: gradient, method="SLSQP",
                         bounds=[(0, 1)] * (2 * N) + [(0, 0.5)] * N,
                         constraints={"type": "ineq", "fun": lambda v: gaps(v, pairs), "jac": lambda v: slopes(v, pairs)},
                         options={"maxiter": 100, "ftol": 1e-12})
        if gaps(found.x, ALL).min() > -1e-8:
            best = max(best, -found.fun)
    return best
