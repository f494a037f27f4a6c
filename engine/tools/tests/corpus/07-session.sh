cd lib
%%
pwd; ls *.py
%%
cd ..; count=0
%%
count=$((count + 1)); echo $count
%%
count=$((count + 1)); echo $count
%%
check() { python3 -m py_compile "$1" && echo "$1 ok"; }
%%
check task_agent.py
%%
check lib/util.py; check lib/none.py
%%
export MODE=fast
%%
echo $MODE; python3 -c 'import os; print(os.environ["MODE"])'
%%
cd /tmp
%%
pwd; echo $OLDPWD
%%
cd /repo/lib && cd - && pwd
%%
pushd lib > /dev/null; pwd; popd > /dev/null; pwd
%%
set -u; echo $undefined_name
%%
echo alive; set +u
%%
kept=(1 2 3)
%%
echo ${kept[1]} ${#kept[@]}
%%
cat > /tmp/script.sh <<'SH'
#!/bin/bash
set -euo pipefail
echo "args: $*"
for f in "$@"; do
  [[ -f $f ]] || { echo "missing: $f" >&2; exit 2; }
done
SH
chmod +x /tmp/script.sh; /tmp/script.sh lib/util.py; echo $?
%%
bash /tmp/script.sh lib/none.py; echo $?
%%
sh -c 'echo from sh $0 $1' a b
%%
. /tmp/script.sh lib/util.py 2>&1 | head -1
%%
if then
%%
echo "unterminated
%%
for i in 1 2 3; do echo $i
%%
echo )
%%
! true; echo $?
%%
true; false
%%
true
%%
(exit 3)
%%
ls | nothing_here
%%
head -c 20 task_agent.py; echo
%%
history | wc -l
%%
umask; ulimit -n > /dev/null; echo $?
%%
whoami; hostname; echo $USER $HOME $SHELL
%%
uname -s; nproc > /dev/null && echo cpus
%%
git status 2>&1 | head -1
%%
curl -s http://localhost/ ; echo $?
%%
sudo ls; echo $?
%%
make 2>&1 | head -1
%%
echo $RANDOM | grep -cE '^[0-9]+$'
%%
mktemp | grep -c '^/tmp/'
%%
seq 3000 | head -2000 | tail -1
%%
seq 20000 | wc -l
%%
yes | head -3
%%
yes hello | head -2 | sort | uniq -c
%%
for i in $(seq 100); do echo line $i; done | tail -1
%%
echo "$(for i in $(seq 50); do echo -n x; done)" | wc -c
%%
time true 2>&1 | grep -c real
%%
exit
%%
echo "fresh: ${MODE:-none} $(pwd)"
