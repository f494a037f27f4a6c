"""Makes a program that computes an arrangement into one that has it as a table.

The entry, a function without parameters, runs once. `of`: of its last statement, which must be the only `return`, the names that the
function has bound itself become tables of the module, and the statements before it go. `answer`: what it returned becomes the
table. Only lists of floats are tables.
"""

import ast
import sys

from lib.genome import SAYS, reach

ANSWER = "ANSWER"
FLOATS_MIN, FLOATS_MAX = 4, 300


def of(source, measured):
    """The source with tables, or None if it has another form."""
    tree = ast.parse(source)
    entry = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == measured.function), None)
    if entry is None or len(entry.body) < 2 or sum(isinstance(node, ast.Return) for node in ast.walk(entry)) != 1:
        return None
    last = entry.body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    local = _locals_at_return(source, measured)
    inner = {part.id for part in ast.walk(last) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    wanted = sorted({part.id for part in ast.walk(last) if isinstance(part, ast.Name)} & set(local or {}) - inner)
    values = {name: _floats(local[name]) for name in wanted}
    if not wanted or any(value is None for value in values.values()):
        return None
    if any(name.upper() in reach(tree, name.upper()) for name in wanted):
        # It has such a table already.
        return None
    for name in wanted:
        table = ast.Assign([ast.Name(name.upper(), ast.Store())], ast.parse(repr(values[name]), mode="eval").body)
        tree.body.insert(tree.body.index(entry), table)
    bound = [ast.Assign([ast.Name(name, ast.Store())], ast.Name(name.upper(), ast.Load())) for name in wanted]
    return _with_body(tree, entry, [*bound, last])


def answer(source, measured):
    """The source whose entry returns a table, or None if it returns something else or has it already."""
    tree = ast.parse(source)
    entry = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == measured.function), None)
    if entry is None or ANSWER in reach(tree, ANSWER):
        return None
    space = {"__name__": "task_agent"}
    try:
        exec(compile(source, "<snapshot>", "exec"), space)
        found = _floats(space[measured.function]())
    except Exception:
        return None
    if found is None:
        return None
    table = ast.Assign([ast.Name(ANSWER, ast.Store())], ast.parse(repr(found), mode="eval").body)
    tree.body.insert(tree.body.index(entry), table)
    return _with_body(tree, entry, [ast.Return(ast.Name(ANSWER, ast.Load()))])


def _with_body(tree, entry, body):
    """The source with another body of the entry, and without functions that nothing needs any more."""
    keep = [node for node in entry.body[:1] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    entry.body = [*keep, *body]
    needed = set().union(*(reach(tree, name) for name in (entry.name, *SAYS)))
    tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef) or node.name in needed]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _floats(value):
    """Nested lists of floats; None for anything else, or too few or too many."""
    def plain(part):
        if isinstance(part, (list, tuple)):
            return [plain(inner) for inner in part]
        if type(part) is not float:
            raise TypeError
        return part

    def count(part):
        return sum(map(count, part)) if isinstance(part, list) else 1

    try:
        found = plain(value)
    except (TypeError, RecursionError):
        return None
    return found if isinstance(found, list) and FLOATS_MIN <= count(found) <= FLOATS_MAX else None


def _locals_at_return(source, measured):
    """The locals of the entry when it returned, or None."""
    space, found = {"__name__": "task_agent"}, {}

    def profile(frame, event, _value):
        if event == "return" and frame.f_code.co_name == measured.function and frame.f_code.co_filename == "<snapshot>":
            found.update(frame.f_locals)

    try:
        exec(compile(source, "<snapshot>", "exec"), space)
        function = space[measured.function]
        sys.setprofile(profile)
        function()
    except Exception:
        return None
    finally:
        sys.setprofile(None)
    return found
