x=5; y=$((x * 2 + 1)); echo $y
%%
echo "$x and ${y}"; unset x; echo "[$x] ${x:-default}"
%%
name=World; echo "Hello, ${name}!"; echo 'single $name'; echo "${name,,} ${name^^} ${#name}"
%%
f=lib/util.py; echo ${f##*/} ${f%.py} ${f%/*} ${f/util/main}
%%
s=hello; echo ${s:1:3} ${s: -2} ${s//l/L}
%%
a=(one two three); echo ${a[0]} ${a[@]} ${#a[@]}; a+=(four); echo "${a[-1]}"
%%
for i in "${a[@]}"; do echo "- $i"; done
%%
for i in "${!a[@]}"; do echo "$i=${a[$i]}"; done
%%
declare -A m=([x]=1 [y]=2); m[z]=3; for k in $(echo ${!m[@]} | tr ' ' '\n' | sort); do echo $k ${m[$k]}; done
%%
for i in 1 2 3; do [ $i -eq 2 ] && continue; echo $i; done
%%
for ((i=0; i<3; i++)); do echo -n "$i "; done; echo
%%
i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done
%%
i=3; until [ $i -le 0 ]; do echo $i; ((i--)); done
%%
while read -r line; do echo "> $line"; done < lib/words.txt 2>/dev/null || echo none
%%
while IFS=, read -r n v c; do echo "$n has $v"; done < lib/data.csv | head -3
%%
cat lib/data.csv | while read line; do echo ${line%%,*}; done | tail -2
%%
if [ 3 -gt 2 ] && [[ abc == a* ]]; then echo yes; else echo no; fi
%%
if [[ "v1.2.3" =~ v([0-9]+)\.([0-9]+) ]]; then echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"; fi
%%
case task_agent.py in *.py) echo python;; *.md) echo text;; *) echo other;; esac
%%
greet() { local who=${1:-you}; echo "hi $who ($#)"; return 3; }; greet Ada B; echo $?
%%
add() { echo $(( $1 + $2 )); }; total=$(add 2 3); echo "total $total"
%%
true && echo A || echo B; false && echo A || echo B
%%
(cd lib && pwd); pwd
%%
{ echo one; echo two; } | wc -l
%%
echo $(ls lib | wc -l) files
%%
echo {1..5} {a,b}{1,2} file.{txt,md}
%%
echo $((2**10)) $((17 % 5)) $((7 / 2)) $((1 < 2 ? 10 : 20)) $((0x1f)) $((1 << 4))
%%
set -e; false; echo not reached
%%
set +e; false; echo reached $?
%%
set -- a b c; echo $# $1 $3 "$@"; shift; echo $1
%%
export FOO=bar; env | grep ^FOO; bash -c 'echo child $FOO'
%%
FOO=once bash -c 'echo $FOO'; echo $FOO
%%
trap 'echo bye' EXIT; echo before; trap - EXIT
%%
ls nothing 2>/dev/null; echo code $?
%%
ls nothing > /tmp/out 2>&1; cat /tmp/out
%%
echo err >&2; echo out
%%
{ echo out; echo err >&2; } 2>/tmp/err; cat /tmp/err
%%
echo one | tee /tmp/t | wc -c; cat /tmp/t
%%
false | true; echo ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?; set +o pipefail
%%
echo a; sleep 1; echo b
%%
sleep 0.1 & wait; echo done $!
%%
nothing_like_this arg; echo $?
%%
IFS=:; for p in a:b:c; do echo $p; done; unset IFS
%%
read a b <<< "1 2 3"; echo "$a|$b"
%%
mapfile -t lines < lib/notes.md; echo ${#lines[@]} "${lines[0]}"
%%
printf -v padded '%03d' 7; echo $padded
%%
eval 'echo evaluated $((1+1))'; v=name; name=value; echo ${!v}
%%
cat <<< "one
two"; cat <<-EOF2
	indented
	EOF2
%%
echo "quote \" and \$ and \\"; echo 'it'\''s'
%%
test -z "" && test -n x && test 1 -ne 2 && test a != b; echo $?
%%
let z=4+5; echo $z; ((z > 8)) && echo big
%%
[ -s lib/util.py ] && [ -r lib/util.py ] && echo readable; [ -w README ] || echo readonly
%%
select_first() { for x in "$@"; do echo "$x"; break; done; }; select_first p q
%%
source <(echo 'sourced=1'); echo $sourced
%%
echo "line1\nline2"; echo -e "line1\nline2"
%%
date -u +%Y-%m-%d; TZ=UTC date -d '2026-03-01' +%A
%%
alias ll='ls -l'; shopt -s expand_aliases; type ll 2>&1 | head -1
%%
exit 7
%%
echo "${name:-gone} $FOO"
