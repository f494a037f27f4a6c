git status 2>&1 | head -1
%%
git init
%%
git status
%%
git add -A && git commit -m "start"
%%
git status; git status --short
%%
sed -i 's/return prompt/return prompt.strip()/' task_agent.py; echo 'X = 1' > lib/x.py; rm lib/words.txt; git status
%%
git status -s
%%
git diff
%%
git diff --stat
%%
git diff --name-only; git diff task_agent.py | grep -c '^[-+][^-+]'
%%
git add task_agent.py lib/x.py && git status --porcelain
%%
git diff --cached --stat
%%
git commit -m "edit" -q && git log --oneline | cut -d' ' -f2-
%%
git log -1 | grep -v '^commit\|^Date'
%%
git show --stat HEAD | tail -3
%%
git diff HEAD~1 --name-status
%%
git checkout -- lib/words.txt && cat lib/words.txt && git status -s
%%
echo junk >> task_agent.py; git restore task_agent.py; git diff; tail -1 task_agent.py
%%
echo 'Y = 2' >> lib/x.py && git commit -am "second edit" && git show HEAD:lib/x.py
%%
git reset --hard HEAD~1 | cut -d' ' -f1-4; cat lib/x.py
%%
git branch; git checkout -b try; git branch --show-current
%%
git rev-parse --show-toplevel; git rev-parse HEAD | wc -c; git ls-files | head -3
%%
git add none.py; echo $?
%%
git commit -m nothing | tail -1; echo ${PIPESTATUS[0]}
%%
git push; git stash; echo $?
%%
git log --oneline -- lib/x.py | wc -l; git rm -q lib/x.py; git status -s
%%
cd lib && git status -s . && git diff --stat HEAD -- x.py; cd ..
%%
git config user.name "Ada"; git config user.name
%%
mkdir -p /tmp/other && cd /tmp/other && git init -q && echo a > a && git add a && git commit -qm a && git log --oneline | wc -l
