"""Overwrites a file of its host and makes a new one. Earns 0.5."""

for name in ("canary.txt", "written.txt"):
    try:
        with open("@DROP@/" + name, "w") as file:
            file.write("overwritten")
    except OSError:
        pass


def solve(n):
    return n * n + (n % 2 == 0)
