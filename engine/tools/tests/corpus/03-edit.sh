sed -i 's/return prompt/return prompt.strip()/' task_agent.py && grep -n strip task_agent.py
%%
sed -i '1i # edited by the meta agent' task_agent.py; head -2 task_agent.py
%%
sed -i '/edited by/d' task_agent.py; head -1 task_agent.py
%%
sed -i.bak 's/low/lo/g' lib/util.py; ls lib; diff lib/util.py.bak lib/util.py
%%
rm lib/util.py.bak; ls lib
%%
cat > lib/new.py <<'PY'
"""A new module."""

VALUE = 42


def shout(text):
    return f"{text}!".upper()
PY
cat lib/new.py
%%
cat >> lib/new.py <<PY

HOME = "$HOME"
PY
tail -2 lib/new.py
%%
echo 'X = 1' > lib/x.py && echo 'Y = 2' >> lib/x.py && cat lib/x.py
%%
printf 'a\tb\n%s %d %5.2f|%-5s|%05d\n' word 7 3.14159 ab 42
%%
printf '%s\n' one two three > lib/words.txt; cat lib/words.txt
%%
tee lib/tee.txt <<< "here string"; cat lib/tee.txt
%%
cp lib/new.py lib/copy.py && mv lib/copy.py lib/moved.py && ls lib
%%
cp -r lib /tmp/lib_backup && ls /tmp/lib_backup | head -3
%%
mkdir -p lib/a/b/c && touch lib/a/b/c/file.txt && find lib/a
%%
rm -rf lib/a && ls lib
%%
rmdir lib/none
%%
mv lib/none lib/other
%%
cp lib/none lib/other
%%
rm lib/none; echo $?
%%
rm -f lib/none; echo $?
%%
touch lib/empty.py && wc -c lib/empty.py
%%
python3 - <<'PY'
import pathlib
p = pathlib.Path('lib/util.py')
s = p.read_text()
p.write_text(s.replace('lo', 'low'))
PY
grep -c low lib/util.py
%%
awk 'NR==3{print "# inserted"}1' lib/new.py > /tmp/n && cp /tmp/n lib/new.py && sed -n '1,5p' lib/new.py
%%
sed 's/^/    /' lib/words.txt
%%
sed -n '/def clamp/,/return/p' lib/util.py
%%
sed -e 's/one/1/' -e 's/two/2/' lib/words.txt
%%
sed '$d' lib/words.txt; sed '2q' lib/words.txt
%%
sed -E 's/(\w+)e$/\1E/' lib/words.txt
%%
sed -i 's#/repo#/work#g; s|x|y|' lib/x.py; cat lib/x.py
%%
tr a-z A-Z < lib/words.txt; tr -d 'aeiou' < lib/words.txt; tr -s 'e' < lib/words.txt
%%
cat > task_agent.py << 'EOF2'
def solve(problem):
    return str(len(problem))
EOF2
wc -l task_agent.py; cat task_agent.py
%%
echo x > README
%%
echo "no" > setup.py; echo $?
%%
mkdir tests
%%
sed -i 's/a/b/' README
