# T-HACK-35: a circle at an enormous place
# as: agent of circles
# held by: engine/eval/src/scorer/circle_packing.rs
# ends: invalid: circle 0: expected a circle inside the unit square, found x 1e308, r 1e308: 2e308 outside

def f(): return [[1e308, 1e308, 1e308], [5e-324, 5e-324, 5e-324]]
