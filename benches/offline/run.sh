#!/usr/bin/env bash
# run.sh [HYPERSPACE [FOLDER]]: searches without a model, with the agent memetic; prints a line of results for each. About three quarters of an hour of CPU time.
# heilbronn-triangle, cap-set and circles-in-rectangle have three runs, because what one run finds depends on where it begins.
set -u
H=${1:-target/release/hyperspace}
OUT=${2:-$(mktemp -d)}
one() { # TASK GENERATIONS SEED
    local store=$OUT/$1-$3
    local began=$SECONDS
    "$H" evolve --task "$1" --agent memetic --generations "$2" --candidates 8 --seed "$3" --store "$store" >"$store.log" 2>&1 || echo "$1: failed, see $store.log"
    python3 - "$1" "$3" "$((SECONDS - began))" "$store.log" <<'PY'
import re, sys
task, seed, seconds, log = sys.argv[1:]
text = open(log, encoding="utf-8").read()
score = re.search(r"^training +(\S+) +(\S+)", text, re.M)
best = re.search(r"^best agent: generation (\d+), candidate (\d+)", text, re.M)
first, last = score.groups() if score else ("-", "-")
evaluations = 8 * (int(best[1]) - 1) + int(best[2]) + 1 if best and int(best[1]) else 0
print(f"{task:22} seed {seed:3} from {first:>9} to {last:>9}, best child number {evaluations:4}, {seconds} s", flush=True)
PY
}
one sorting-network-11 3 1
for seed in 1 2 3 4 5 6 7 8 9; do one modules 25 "$seed"; done
one circle-packing 4 1
one bin-packing 20 1
for seed in 1 2 3; do one heilbronn-triangle 4 "$seed"; done
for seed in 1 2 3; do one cap-set 8 "$seed"; done
for seed in 1 2 3; do one circles-in-rectangle 4 "$seed"; done
