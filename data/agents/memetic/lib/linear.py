"""Linear programs with bounded variables: the simplex method on a tableau, from a point that is feasible."""

SMALL = 1e-9
# More than programs of this size need; what goes round in circles ends there.
PIVOTS_MAX = 2_000


def maximised(gains, rows, bounds, left):
    """The x that maximises gains·x where row·x <= limit for each (row, limit >= 0) and low <= x <= high for each (low <= 0, high >= 0).

    Every variable begins at zero. The best point so far, which is feasible, is returned when left() is no longer above zero.
    """
    count = len(gains)
    table = [list(row) for row, _ in rows]
    gains = list(gains)
    # Variables below `count` are those of the program, the others are the slacks of the rows.
    low = [bound[0] for bound in bounds] + [0.0] * len(rows)
    high = [bound[1] for bound in bounds] + [float("inf")] * len(rows)
    outside = list(range(count))
    values = [0.0] * count
    inside = list(range(count, count + len(rows)))
    amounts = [limit for _, limit in rows]
    for _ in range(PIVOTS_MAX):
        if left() <= 0.0:
            break
        column, best = -1, SMALL
        for place, gain in enumerate(gains):
            if gain > best and values[place] < high[outside[place]]:
                column, best = place, gain
            elif -gain > best and values[place] > low[outside[place]]:
                column, best = place, -gain
        if column < 0:
            break
        variable = outside[column]
        way = 1.0 if gains[column] > 0.0 else -1.0
        step = high[variable] - values[column] if way > 0.0 else values[column] - low[variable]
        pivot, size = -1, 0.0
        for place, row in enumerate(table):
            rate = way * row[column]
            if rate > SMALL:
                room = (amounts[place] - low[inside[place]]) / rate
            elif rate < -SMALL and high[inside[place]] < 1e300:
                room = (amounts[place] - high[inside[place]]) / rate
            else:
                continue
            if room < step - 1e-15 or (room <= step + 1e-15 and abs(rate) > size):
                step, pivot, size = max(0.0, min(step, room)), place, abs(rate)
        move = way * step
        if move:
            for place, row in enumerate(table):
                if row[column]:
                    amounts[place] -= move * row[column]
        if pivot < 0:
            values[column] += move
            continue
        leaving, row = inside[pivot], table[pivot]
        end = low[leaving] if way * row[column] > 0.0 else high[leaving]
        amounts[pivot], values[column] = values[column] + move, end
        inside[pivot], outside[column] = variable, leaving
        inverse = 1.0 / row[column]
        row = [entry * inverse for entry in row]
        row[column] = inverse
        table[pivot] = row
        filled = [(place, entry) for place, entry in enumerate(row) if entry]
        for place, other in enumerate(table):
            factor = other[column]
            if place != pivot and factor:
                if len(filled) * 3 > count:
                    other = table[place] = [a - factor * b for a, b in zip(other, row)]
                else:
                    for index, entry in filled:
                        other[index] -= factor * entry
                other[column] = -factor * inverse
        factor = gains[column]
        for index, entry in filled:
            gains[index] -= factor * entry
        gains[column] = -factor * inverse
    found = [0.0] * count
    for variable, value in [*zip(outside, values), *zip(inside, amounts)]:
        if variable < count:
            found[variable] = min(high[variable], max(low[variable], value))
    return found
