"""Text: splitting, joining, replacing, formatting, searching and translating."""

import string

WORDS = [f"word{index * 7919 % 10_007}" for index in range(2_000)]
SWAP = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[13:] + string.ascii_lowercase[:13])


def caesar(text, by):
    return "".join(chr((ord(c) - 97 + by) % 26 + 97) if "a" <= c <= "z" else c for c in text)


total = 0
for turn in range(60):
    text = " ".join(WORDS)
    lines = [f"{index:>6}: {word.title():<12}|{index / 7:.3f}" for index, word in enumerate(text.split())]
    page = "\n".join(lines).replace("Word", f"<{turn}>")
    total += page.count(f"<{turn}>") + page.find("9999") + len(page.upper().translate(SWAP))
    total += sum(line.startswith("  1") + line.endswith("7") for line in page.splitlines())
    total += len(caesar(text[:4_000], turn)) + len({word[::-1].strip("0123456789") for word in WORDS})
    found = ""
    for word in WORDS[:600]:
        found += word[turn % 4 :]
    total += len(found) + len(found.encode("utf-8").decode("utf-8").partition("d77")[2])
print(total)
