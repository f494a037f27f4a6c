#!/usr/bin/env bash
# Runs CPython's own test modules inside the built module, one instance each, and compares with check.expected.
# `check.sh --record` writes the file instead.
source "$(dirname "$0")/lib.sh"

root=$WORK/check
rm -rf "$root"
cp -r "$WORK/guest" "$root"
mkdir -p "$root/lib"
cp -r "$SOURCES/python/Lib/test" "$root/lib/test"
modules=(abc array ast base64 bisect collections complex contextlib copy csv dataclasses datetime decimal
    deque dict difflib enum exceptions float fractions functools generators grammar heapq itertools json list long
    operator pickle random re set sort string struct textwrap tuple typing zlib)

jobs=()
for module in "${modules[@]}"; do
    cat >"$root/$module.json" <<JOB
{"argv": ["check"], "path": ["/lib"], "main": {"name": "<check>", "source":
"import sys, unittest\nresult = unittest.main(module=None, argv=['check', 'test.test_$module'], exit=False).result\nsys.stderr.write('\\\\nVERDICT test_$module failures %d errors %d\\\\n' % (len(result.failures), len(result.errors)))"}}
JOB
    jobs+=("$root/$module.json")
done
# Fuel stops what hangs.
"$WORK/target/release/smoke" "$WORK/python.wasm" "$root" --fuel 200000000000 "${jobs[@]}" >"$WORK/check.log" 2>&1 || true
for module in "${modules[@]}"; do
    grep -a "^VERDICT test_$module " "$WORK/check.log" || echo "VERDICT test_$module did not finish"
done >"$WORK/check.actual"

if [ "${1:-}" = --record ]; then cp "$WORK/check.actual" "$RECIPE/check.expected"; fi
diff -u "$RECIPE/check.expected" "$WORK/check.actual" || die "the test modules behave differently from check.expected"
