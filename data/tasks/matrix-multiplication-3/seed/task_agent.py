"""Multiplies matrices with the products of the schoolbook: one for each row, column and summand."""


def unit(width, place):
    """A row of coefficients with a single one."""
    return [1 if index == place else 0 for index in range(width)]


def decompose(n, m, p):
    """Returns [U, V, W]: for each product the coefficients of A (n x m), B (m x p) and C (n x p), row by row."""
    u, v, w = [], [], []
    for i in range(n):
        for j in range(m):
            for k in range(p):
                u.append(unit(n * m, i * m + j))
                v.append(unit(m * p, j * p + k))
                w.append(unit(n * p, i * p + k))
    return [u, v, w]
