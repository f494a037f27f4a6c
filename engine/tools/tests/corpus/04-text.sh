sort lib/data.csv
%%
sort -t, -k2 -n lib/data.csv
%%
sort -t, -k2,2nr lib/data.csv | head -3
%%
cut -d, -f1 lib/data.csv
%%
cut -d, -f1,3 lib/data.csv | tail -n +2 | sort | uniq -c
%%
cut -c1-4 lib/notes.md
%%
awk -F, '{print $1, $2}' lib/data.csv
%%
awk -F, 'NR>1 {sum += $2} END {print sum, sum/(NR-1)}' lib/data.csv
%%
awk -F, 'NR>1 && $2 > 20 {print $1}' lib/data.csv
%%
awk 'length > 20' lib/notes.md
%%
awk '{n[$1]++} END {for (w in n) print w, n[w]}' lib/notes.md | sort
%%
awk 'BEGIN {for (i = 0; i < 3; i++) printf "%d ", i * i; print ""}'
%%
awk '/^def/ {gsub(/\(.*/, "", $2); print $2}' lib/util.py
%%
awk -v name=ada -F, '$1 == name {print $2}' lib/data.csv
%%
echo "a b c" | awk '{print $NF, NF, toupper($1), substr($0, 3)}'
%%
paste -d, <(cut -d, -f1 lib/data.csv) <(cut -d, -f3 lib/data.csv) | head -3
%%
seq 5 | paste -sd+ | bc
%%
seq 1 2 9 | tac | tr '\n' ' '; echo
%%
seq 10 | head -3; seq 10 | tail -2; seq 3 | sort -r
%%
echo "b a c a b" | tr ' ' '\n' | sort | uniq -c | sort -k1,1nr -k2
%%
echo "b a c a b" | tr ' ' '\n' | sort | uniq -d
%%
diff lib/util.py lib/test_util.py | head -5
%%
diff -u <(printf '1\n2\n3\n') <(printf '1\n2\n4\n') | tail -n +3
%%
diff lib/util.py lib/util.py && echo same
%%
diff -q lib/util.py lib/notes.md
%%
cmp lib/util.py lib/notes.md; echo $?
%%
comm -12 <(printf 'a\nb\nc\n') <(printf 'b\nc\nd\n')
%%
join -t, <(printf '1,a\n2,b\n') <(printf '1,x\n2,y\n')
%%
nl -ba lib/words.txt 2>/dev/null || nl lib/notes.md | head -3
%%
fold -w 10 <<< "a long line of text to fold"
%%
column -t -s, lib/data.csv
%%
rev <<< hello; echo hello | wc -c
%%
echo -n abc | md5sum; echo -n abc | sha256sum
%%
echo hello | base64; echo aGVsbG8K | base64 -d
%%
printf 'x%.0s' 1 2 3; echo
%%
xargs -n 2 echo <<< "1 2 3 4 5"
%%
echo "1 2 3" | xargs -I{} echo "<{}>"
%%
printf 'a\nb\n' | xargs -I{} sh -c 'echo item {}'
%%
expand -t4 <<< $'a\tb'; echo $'tab\there'
%%
od -c <<< "hi" | head -1; printf '\x41\x42\n'; xxd <<< abc
%%
split -l 2 lib/data.csv /tmp/part_ && ls /tmp/part_* && cat /tmp/part_aa
%%
numfmt --to=iec 2048; expr 3 + 4; expr length hello
