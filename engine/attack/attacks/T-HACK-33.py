# T-HACK-33: a circle of negative radius
# as: agent of circles
# held by: engine/eval/src/scorer/circle_packing.rs
# ends: invalid: r of circle 1: expected at least 0, found -1

def f(): return [[0.5, 0.5, 0.5], [0.5, 0.5, -1]]
