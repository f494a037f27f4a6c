"""Keeps what is outside of EVOLVE-BLOCK markers as it stands, comments and layout included.

The engine refuses a child that changes any other line, and a program that was parsed and written again has no comments. So statements of a child
are put into the regions of its parent, and everything around them is the parent's text. Only regions of whole statements of the module are
understood; markers inside of a function leave the child as it is.
"""

import ast

START = "EVOLVE-BLOCK-START"
END = "EVOLVE-BLOCK-END"


def fitted(own, child):
    """The text `own` with the statements of `child` in its regions."""
    lines = own.splitlines(keepends=True)
    regions = _regions(lines)
    try:
        before, after = ast.parse(own).body, ast.parse(child).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return child
    places = [_region_of(node, regions) for node in before]
    if not set(range(len(regions))) <= set(places):
        return child
    around = [node for node, place in zip(before, places) if place is None]
    inside = [(node, place) for node, place in zip(before, places) if place is not None]
    taken = {ast.dump(node) for node in around}
    names_around = set().union(*map(_names, around))
    fresh = [node for node in after if ast.dump(node) not in taken and not _names(node) & names_around]
    fresh = _missing(inside, fresh, around) + fresh
    texts = [[] for _ in regions]
    kept = {ast.dump(node): _text(node, lines) for node, _ in inside}
    homes = {name: place for node, place in inside for name in _names(node)}
    place = 0
    for node in fresh:
        place = next((homes[name] for name in sorted(_names(node)) if name in homes), place)
        texts[place].append(kept.get(ast.dump(node)) or _spaced(node))
    was = [[kept[ast.dump(node)] for node, home in inside if home == number] for number in range(len(regions))]
    for number in reversed(range(len(regions))):
        if texts[number] and texts[number] != was[number]:
            first, last = regions[number]
            lines[first:last] = "".join(texts[number]).lstrip("\n").splitlines(keepends=True)
    return "".join(lines)


def _missing(inside, fresh, around):
    """Statements of the regions that the child left out although others use what they define."""
    defined = set().union(*map(_names, fresh))
    used = {part.id for node in [*around, *fresh] for part in ast.walk(node) if isinstance(part, ast.Name)}
    return [node for node, _ in inside if _names(node) and not _names(node) & defined and _names(node) & used]


def _regions(lines):
    """(first, last) of each region, as places in `lines`; the lines of the markers are outside."""
    found, first = [], None
    for number, line in enumerate(lines):
        if first is None and START in line:
            first = number + 1
        elif first is not None and END in line:
            found.append((first, number))
            first = None
    return found


def _begin(node):
    """The first line of a statement, its decorators included."""
    return min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))]) - 1


def _region_of(node, regions):
    """The number of the region that holds a whole statement, or None."""
    first, last = _begin(node), node.end_lineno
    return next((number for number, (begin, end) in enumerate(regions) if begin <= first and last <= end), None)


def _names(node):
    """The names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _text(node, lines):
    """The text of a statement as it stands, with an empty line before a definition."""
    text = "".join(lines[_begin(node) : node.end_lineno])
    return _apart(node) + (text if text.endswith("\n") else text + "\n")


def _spaced(node):
    return _apart(node) + ast.unparse(node) + "\n"


def _apart(node):
    return "\n" if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ""
