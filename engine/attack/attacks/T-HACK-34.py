# T-HACK-34: more circles than asked for
# as: agent of circles
# held by: engine/eval/src/scorer/circle_packing.rs
# ends: invalid: answer: expected a list of 2 circles [x, y, r], found a list of 3

def f(): return [[0.1, 0.1, 0.1], [0.5, 0.5, 0.1], [0.9, 0.9, 0.1]]
