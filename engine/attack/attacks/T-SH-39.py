# T-SH-39: writes to what only looks like the edit scope
# held by: engine/sandbox/src/host/file_calls.rs
# ends: completed
# with: tools
# prints: ['fixed', '.:', 'fixed.txt', 'free.txt', 'lib', 'lib:', 'a.py']
# refusals: 18

from hyperspace.tools import bash

for command in ['echo x > fixed.txt', 'echo x >> fixed.txt', 'rm fixed.txt', 'mv fixed.txt lib/', 'mv lib/a.py fixed.txt', 'cp lib/a.py new.py', 'mkdir new', 'touch lib_evil.py',
                'tee fixed.txt < lib/a.py', 'sed -i s/f/g/ fixed.txt', 'ln -s /etc/passwd lib/l', 'ln lib/a.py lib/b.py', 'truncate -s 0 fixed.txt', 'dd if=lib/a.py of=fixed.txt',
                'echo x > lib/../fixed.txt', 'cd lib && echo x > ../fixed.txt; cd /work', 'install lib/a.py fixed.txt', 'echo x > /repo/victim.py', 'echo x > /sdk/x', 'echo x > /x']:
    bash(command)
print(bash('cat fixed.txt; ls . lib').split())
