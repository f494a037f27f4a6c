python3 -c 'print(1 + 1)'
%%
python3 --version
%%
python3 -c "import sys; print(sys.argv[1:])" a b 'c d'
%%
python3 - <<'PY'
import json
print(json.dumps({"a": [1, 2, 3]}))
PY
%%
echo 'print("from stdin")' | python3
%%
echo '3 4' | python3 -c 'a, b = map(int, input().split()); print(a * b)'
%%
python3 -c 'from lib.util import clamp; print(clamp(15, 0, 10))'
%%
cd lib && python3 -c 'import util; print(util.normalise("  A  b "))'; cd ..
%%
python3 lib/test_util.py
%%
python3 -m unittest lib/test_util.py
%%
python3 -m unittest discover -s lib -p 'test_*.py' 2>&1 | tail -3
%%
python3 -m py_compile task_agent.py && echo compiled
%%
python3 -c 'import ast; ast.parse(open("task_agent.py").read()); print("ok")'
%%
python3 -c 'def f(:'
%%
python3 -c 'raise ValueError("bad")'; echo $?
%%
python3 -c 'import sys; sys.exit(4)'; echo $?
%%
python3 -c 'import sys; print("e", file=sys.stderr); print("o")' 2>/dev/null
%%
python3 nowhere.py; echo $?
%%
python3 -c 'import numpy'
%%
python3 -c 'import os; print(os.getcwd(), sorted(os.listdir("lib")))'
%%
VAR=1 python3 -c 'import os; print(os.environ["VAR"], os.environ["HOME"])'
%%
python3 -c 'print("x" * 10)' | tr x y
%%
for i in 1 2 3; do python3 -c "print($i * $i)"; done
%%
result=$(python3 -c 'print(6 * 7)'); echo "answer: $result"
%%
python3 -c 'open("lib/made.txt", "w").write("made\n")'; cat lib/made.txt
%%
python3 -c 'open("README", "w")' 2>&1 | tail -1
%%
cat lib/config.json | python3 -m json.tool
%%
python3 -c 'import json; c = json.load(open("lib/config.json")); c["depth"] = 9; json.dump(c, open("lib/config.json", "w"))'; cat lib/config.json; echo
%%
python3 -c 'import csv; print(sum(int(r["value"]) for r in csv.DictReader(open("lib/data.csv"))))'
%%
cat > lib/run.py <<'PY'
import sys

for line in sys.stdin:
    print(line.strip()[::-1])
PY
cut -d, -f1 lib/data.csv | python3 lib/run.py
%%
python3 -u -B lib/run.py < lib/notes.md | head -2
%%
python3 -c 'while True: print("y")' | head -2
%%
timeout 5 python3 -c 'print("in time")'
%%
python3 -c 'import task_agent, inspect; print(len(inspect.getsource(task_agent)))'
%%
python3 -m pytest lib 2>&1 | tail -1
%%
pip install numpy 2>&1 | tail -1; pip --version 2>&1 | head -1
%%
python -c 'print("python, too")'
%%
python3 -c 'import task_agent; print(task_agent.solve("2 + 2"))'
%%
python3 -c 'import time; t = time.time(); print(int(t) > 0)'
