"""A pipeline of four modules, one of five for each place; which of them are right is not told."""

# EVOLVE-BLOCK-START
CHOICES = [0, 0, 0, 0]
# EVOLVE-BLOCK-END

MODULES = [
    ["csv", "json", "xml", "parquet", "sql"],
    ["normalize", "standardize", "clip", "log", "none"],
    ["merge-sort", "quick-sort", "heap-sort", "bubble-sort", "bucket-sort"],
    ["table", "chart", "text", "html", "markdown"],
]


def configure():
    """Returns the name of one module for each place."""
    return [names[int(choice)] for names, choice in zip(MODULES, CHOICES)]
