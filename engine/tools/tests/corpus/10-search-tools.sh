rg "def " lib
%%
rg -n "return" task_agent.py
%%
rg -l json
%%
rg -i todo
%%
rg -c import --sort path
%%
rg "def (\w+)" -o -r '$1' lib/util.py
%%
rg -t py "class" --no-heading
%%
rg --files lib | sort
%%
rg nothing_here; echo $?
%%
rg -A1 "def clamp" lib/util.py
%%
rg -g '*.md' idea
%%
cat lib/util.py | rg return
%%
jq . lib/config.json
%%
jq -r .model lib/config.json
%%
jq '.tags | length' lib/config.json
%%
jq -c '{depth, n: (.tags | length)}' lib/config.json
%%
jq '.depth += 1 | .tags += ["c"]' lib/config.json > /tmp/c && jq -c . /tmp/c
%%
echo '[{"a": 1}, {"a": 3}]' | jq 'map(.a) | add'
%%
echo '{"a": [1, 2, 3]}' | jq -r '.a[] | select(. > 1)'
%%
jq .score evals/gen_1_0/report.json
%%
jq -n --arg x 5 '$x | tonumber * 2'
%%
echo '{bad' | jq . ; echo $?
%%
jq -e '.missing' lib/config.json; echo $?
%%
echo '{"b": 1, "a": 2}' | jq -S -c .
%%
seq 3 | shuf | sort
%%
seq 3 | sort -R | wc -l
%%
tar czf /tmp/lib.tgz lib && tar tzf /tmp/lib.tgz | head -2
%%
echo hello | gzip | gunzip
%%
printf 'all:\n\t@echo made\n' > /tmp/Makefile && make -f /tmp/Makefile
