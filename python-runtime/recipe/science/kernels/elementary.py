"""Writes the tables of elementary.c: `python elementary.py OUT.h`, with an interpreter whose `decimal` is all that is needed.

Of `log2(z)`, by intervals of z: the reciprocal of a number near the middle, short enough that `z * reciprocal - 1` is exact, and its
logarithm, as a short number and the rest. Of `exp2`: 2 to the n/128, and the rest of its rounding.
"""
import decimal
import pathlib
import struct
import sys

decimal.getcontext().prec = 60
BITS, SIZE = 7, 128
FIRST = 0x3FE6900000000000  # bits of the least z; 1 is in the middle of an interval
SHORT = 2 ** 42  # sums of multiples of ln 2 and of logarithms, which are multiples of its reciprocal, are exact


def real(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def nearest(value):
    """The double nearest to a decimal number; conversions by way of its digits are exact."""
    return float(str(value))


def exact(value):
    return decimal.Decimal(value)


def logarithm(n):
    low, high = (real(FIRST + place * 2 ** (52 - BITS)) for place in (n, n + 1))
    middle = (exact(low) + exact(high)) / 2
    steps = 2 ** (8 if middle > 1 else 7)
    reciprocal = decimal.Decimal(int((steps / middle).to_integral_value())) / steps
    if low <= 1 < high:
        reciprocal = decimal.Decimal(1)
    whole = -reciprocal.ln()
    short = (whole * SHORT).to_integral_value() / SHORT
    return nearest(reciprocal), nearest(short), nearest(whole - short)


def power(n):
    whole = decimal.Decimal(2) ** (decimal.Decimal(n) / SIZE)
    value = nearest(whole)
    return value, nearest((whole - exact(value)) / whole)


def table(name, rows):
    columns = len(rows[0])
    return [f"static const double {name}[{len(rows)}][{columns}] = {{", *("    {" + ", ".join(map(float.hex, row)) + "}," for row in rows), "};"]


def main(out):
    ln2 = decimal.Decimal(2).ln()
    short = (ln2 * SHORT).to_integral_value() / SHORT
    lines = ["/* Written by elementary.py. */", f"enum {{ TABLE_BITS = {BITS}, TABLE_SIZE = {SIZE} }};", f"#define FIRST_Z {FIRST:#x}LL"]
    lines += [f"#define LN2_SHORT {nearest(short).hex()}", f"#define LN2_REST {nearest(ln2 - short).hex()}"]
    part = nearest(ln2 / SIZE)
    lines += [f"#define LN2_PART {part.hex()}", f"#define LN2_PART_REST {nearest(ln2 / SIZE - exact(part)).hex()}"]
    lines += table("logarithms", [(*logarithm(n), 0.0) for n in range(SIZE)])
    lines += table("powers", [power(n) for n in range(SIZE)])
    pathlib.Path(out).write_text("\n".join(lines) + "\n")


main(*sys.argv[1:])
