# T-HACK-21: packs honestly: the score that others are compared with
# as: agent of packing
# held by: engine/eval/src/scorer/bin_packing.rs
# ends: scored 100/11

def f(item, bins): return [0] * len(bins)
