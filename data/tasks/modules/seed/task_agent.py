"""A pipeline of four modules, one of five for each place."""

READERS = ["csv", "json", "xml", "parquet", "sql"]
TRANSFORMATIONS = ["normalize", "standardize", "clip", "log", "none"]
SORTS = ["merge-sort", "quick-sort", "heap-sort", "bubble-sort", "bucket-sort"]
WRITERS = ["table", "chart", "text", "html", "markdown"]
CHOICES = [0, 0, 0, 0]


def configure():
    """Returns the name of one module for each place."""
    places = [READERS, TRANSFORMATIONS, SORTS, WRITERS]
    return [names[int(choice) % len(names)] for names, choice in zip(places, CHOICES)]
