grep -rn "def " --include=*.py .
%%
grep -n "return" task_agent.py
%%
grep -c import *.py
%%
grep -rl "normalise" .
%%
grep -rn -i "TODO" . | head
%%
grep -E "^(class|def) " -r lib
%%
grep -A2 -B1 "def clamp" lib/util.py
%%
grep -v '^#' lib/notes.md | grep -v '^$'
%%
grep -o '[a-z_]*(' lib/util.py | sort | uniq -c | sort -rn | head -5
%%
grep -q normalise lib/util.py && echo found || echo missing
%%
grep -q nothing lib/util.py; echo $?
%%
grep -w "x" lib/util.py | wc -l
%%
grep -rn "import" --include="*.py" | awk -F: '{print $1}' | sort -u
%%
grep -nE "[0-9]{2,}" lib/data.csv
%%
grep -P "^\s+return" lib/util.py | head -3
%%
grep -rnw . -e 'json' | head -5
%%
grep -n "a\|b" lib/data.csv | head -3
%%
grep nothing nowhere.txt
%%
find . -name "*.py" -exec grep -l "json" {} \; | sort
%%
find . -name "*.py" -exec wc -l {} + | sort -n | tail -1
%%
find lib -maxdepth 1 -type d
%%
find . -type d -name evals -prune -o -name '*.json' -print
%%
find . -newer README -name '*.py' | wc -l
%%
find . -size +1k -type f | sort
%%
find . -empty
%%
find . \( -name '*.md' -o -name '*.csv' \) -print | sort
%%
find lib -name '*.py' | xargs grep -n "return" | head -4
%%
find . -name '*.py' -print0 | xargs -0 -n1 basename | sort
%%
which python3 grep sed awk
%%
type cd; command -v ls
