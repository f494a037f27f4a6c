# T-HACK-27: a number for a bin that does not exist
# as: agent of packing
# held by: engine/eval/src/scorer/bin_packing.rs
# ends: invalid: answer to item 0: expected a list of 1 numbers, one per bin, found a list of 2

def f(item, bins): return [0] * len(bins) + [9]
