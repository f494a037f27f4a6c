cat task_agent.py | grep -n "def" && cp task_agent.py /tmp/before.py
%%
cat > /tmp/patch.py <<'PY'
import re, pathlib
path = pathlib.Path("/repo/task_agent.py")
text = path.read_text()
text = re.sub(r'"""(.*?)"""', r'"""\1 Think step by step."""', text, count=1, flags=re.S)
path.write_text(text)
print("patched", len(text))
PY
python3 /tmp/patch.py
%%
diff /tmp/before.py task_agent.py
%%
diff -u /tmp/before.py task_agent.py | grep -E '^[+-][^+-]'
%%
diff -u /tmp/before.py task_agent.py > /tmp/change.diff; wc -l < /tmp/change.diff
%%
cp /tmp/before.py task_agent.py && patch -p0 task_agent.py < /tmp/change.diff && diff -q /tmp/before.py task_agent.py
%%
mkdir -p lib/strategies && for s in greedy random beam; do printf 'NAME = "%s"\n\n\ndef run(x):\n    return x\n' $s > lib/strategies/$s.py; done; ls lib/strategies
%%
touch lib/strategies/__init__.py; python3 -c 'import importlib
for name in ("greedy", "random", "beam"):
    module = importlib.import_module(f"lib.strategies.{name}")
    print(module.NAME, module.run(3))'
%%
grep -rn "NAME" lib/strategies | sort
%%
for f in lib/strategies/*.py; do [ -s "$f" ] || continue; n=$(grep -c . "$f"); echo "$(basename $f): $n"; done
%%
find lib/strategies -name '*.py' | sort | while read f; do python3 -m py_compile "$f" || echo "broken $f"; done; echo checked
%%
cat evals/gen_1_0/report.json | python3 -c 'import json, sys; print(json.load(sys.stdin)["score"])'
%%
score=$(grep -o '0\.[0-9]*' evals/gen_1_0/report.json); echo "score is $score"; python3 -c "print($score > 0.2)"
%%
cat > lib/strategies/vote.py <<'PY'
from collections import Counter


def vote(answers):
    """Returns the most common answer."""
    return Counter(answers).most_common(1)[0][0]


if __name__ == "__main__":
    assert vote(["a", "b", "a"]) == "a"
    print("all tests passed")
PY
python3 lib/strategies/vote.py && echo PASS || echo FAIL
%%
cd lib/strategies && python3 vote.py; cd /repo
%%
python3 -c '
import unittest
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(1, 1)
    def test_b(self): self.assertEqual(1, 2)
unittest.main(argv=["t"], exit=False)
' 2>&1 | grep -E 'FAILED|Ran|AssertionError'
%%
sed -i 's/most_common(1)/most_common(2)/' lib/strategies/vote.py; sed -n '6p' lib/strategies/vote.py
%%
sed -i '6s/2/1/' lib/strategies/vote.py; awk 'NR==6' lib/strategies/vote.py
%%
ls -la lib/strategies | awk '{print $NF}' | tail -n +2 | sort | tr '\n' ' '
%%
wc -c lib/strategies/*.py | tail -1
%%
cat lib/strategies/*.py | grep -c 'def '
%%
rm -r lib/strategies && [ ! -d lib/strategies ] && echo removed
%%
echo "# plan
1. read
2. edit" > lib/plan.md; cat lib/plan.md; rm lib/plan.md
%%
cp -r lib /tmp/keep; rm lib/util.py; ls lib | grep -c util; cp /tmp/keep/util.py lib/; ls lib | grep -c util
%%
python3 - "$PWD" <<'PY'
import sys
print(sys.argv)
PY
%%
cat <<EOF2 > lib/gen.py
# generated in $(pwd)
ITEMS = [$(seq -s, 1 5)]
EOF2
cat lib/gen.py; python3 -c 'import lib.gen; print(lib.gen.ITEMS)'
%%
tail -f lib/gen.py 2>&1 | head -1
%%
less lib/notes.md 2>&1 | head -1
%%
vim lib/gen.py; nano lib/gen.py; echo $?
%%
tar cf /tmp/lib.tar lib 2>&1 | head -1
%%
watch -n1 ls 2>&1 | head -1
%%
ps aux 2>&1 | head -1 | wc -l; kill -0 $$ ; echo $?
%%
df -h / 2>&1 | wc -l | grep -c .; free > /dev/null 2>&1; echo $?
%%
env | grep -E '^(HOME|PATH|TZ|LC_ALL)=' | sort
%%
cat /etc/passwd; cat /proc/cpuinfo
%%
ls /; ls /usr | head -2
%%
ls /sdk | sort; head -1 /sdk/hyperspace/__init__.py
%%
cat /dev/null | wc -c; head -c 3 /dev/zero | od -An -tx1
%%
ln -s task_agent.py lib/link.py; chmod 755 lib/util.py; echo $?
%%
truncate -s 0 lib/gen.py; wc -c < lib/gen.py
%%
echo "scale=2; 10/3" | bc; echo $((10 / 3))
%%
test "$(cat lib/words.txt 2>/dev/null)" = "" && echo empty
