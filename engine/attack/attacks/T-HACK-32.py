# T-HACK-32: circles that overlap by the smallest amount
# as: agent of circles
# held by: engine/eval/src/scorer/circle_packing.rs
# ends: invalid: circles 0 and 1: expected no overlap, found an overlap: the square of the distance is 1.110223025e-16 too small

import math


def f(): return [[0.25, 0.5, 0.25], [math.nextafter(0.75, 0), 0.5, 0.25]]
