# T-SH-05: the clock, in every form the shell has
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: Thu Jan 1 00:00:00 UTC 2026
# prints: 1767225600.000000000
# prints: 1767225600
# prints: 0 7
# prints: 1767225600 2026
# prints: 2026-01-01 00:00 /tmp/new
# prints: 2
# prints: True

from hyperspace.tools import bash

for command in ['date', 'date +%s.%N', 'printf "%(%s)T\\n" -1', 'echo $SECONDS; sleep 7; echo $SECONDS', "awk 'BEGIN { print systime(), strftime(\"%Y\") }'",
                'touch /tmp/new; ls -l /tmp/new | tr -s " " | cut -d " " -f 3-5', 'find /tmp -newermt 2026-01-02; find /tmp -mmin -1 | wc -l']:
    print(' '.join(bash(command).split()))
print(' '.join(bash('times; uptime; echo $EPOCHREALTIME; stat -c %Y /work/fixed.txt; time sleep 2; ps -o etime').split()) != '')
