"""Regular expressions: searching, splitting, and substituting in a log."""

import re

lines = [
    f"2026-01-{1 + index % 28:02d} 12:{index % 60:02d}:00 host{index % 17} "
    f"task[{index}]: value={index * 37 % 1_000}.{index % 10} user=u{index % 101}@example.org status=ok"
    for index in range(2_000)
]
text = "\n".join(lines)

entry = re.compile(r"^(\d{4})-(\d\d)-(\d\d) [\d:]+ (\w+) task\[(\d+)\]: value=(\d+\.\d) user=([\w.]+@[\w.]+)", re.MULTILINE)
word = re.compile(r"\b(?:ok|host1\d|u\d+)\b")
space = re.compile(r"[\s=:]+")

total = 0
for _ in range(24):
    total += sum(int(found.group(5)) for found in entry.finditer(text))
    total += len(word.findall(text))
    total += len(space.split(text))
    total += len(re.sub(r"(\d+)\.(\d)", r"\2.\1", text))
print(total)
