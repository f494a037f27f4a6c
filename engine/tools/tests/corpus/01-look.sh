pwd
%%
ls
%%
ls -la
%%
ls -R lib
%%
find . -type f | sort
%%
find . -name '*.py' | sort
%%
find . -type f -name '*.py' -not -path './evals/*' | sort | xargs wc -l
%%
cat task_agent.py
%%
cat -n lib/util.py
%%
head -n 5 task_agent.py
%%
head -3 lib/util.py; echo ---; tail -3 lib/util.py
%%
tail -n +10 task_agent.py | head -8
%%
sed -n '5,12p' task_agent.py
%%
wc -l *.py lib/*.py
%%
wc lib/data.csv
%%
file lib/util.py 2>&1 | head -1
%%
stat -c '%s %n' lib/util.py
%%
du -sh lib 2>/dev/null | cut -f2
%%
tree lib 2>/dev/null
%%
cat lib/missing.py
%%
ls lib/*.md lib/*.txt
%%
ls -1 lib | wc -l
%%
cat README && echo ok || echo failed
%%
test -f task_agent.py && echo exists
%%
[ -d lib ] && [ ! -e nothing ] && echo both
%%
for f in *.py lib/*.py; do echo "== $f"; head -1 "$f"; done
%%
basename /repo/lib/util.py .py; dirname /repo/lib/util.py
%%
realpath lib/../task_agent.py
%%
cat lib/config.json
%%
cat evals/gen_1_0/report.json
