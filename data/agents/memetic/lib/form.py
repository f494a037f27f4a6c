"""Functions that take one sequence of small whole numbers and return a number, and how they are written anew."""

import ast
import textwrap

from lib.genome import SAYS, reach

VALUES_MAX, LENGTH_MIN, LENGTH_MAX = 6, 4, 64


class Form:
    """Where a program takes a sequence: the entry, the name of the parameter, its length, and the number of different values."""

    def __init__(self, tree, entry, name, length, values):
        self.tree, self.entry, self.name = tree, entry, name
        self.length, self.values = length, values

    def program(self, text, lines, made):
        """The source with these lines as the body of the entry and what they need before it, without what nothing needs any more.

        `text` says what the module does now; of the entry's own text, the first line stays, as the others may tell how it was done.
        """
        tree = ast.parse(ast.unparse(self.tree))
        entry = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == self.entry.name)
        told = (ast.get_docstring(entry) or "").partition("\n")[0]
        entry.body = [*_text(told), *ast.parse(f"def f():\n{textwrap.indent(lines, '    ')}").body[0].body]
        if ast.get_docstring(tree) is not None:
            del tree.body[0]
        tree.body[:0] = _text(text)
        made = ast.parse(made).body
        own = {name for node in made for name in _bound(node)}
        kept = set().union(*(reach(tree, name) for name in (entry.name, *SAYS))) - own
        head = [node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.Assign)) or kept.intersection(_bound(node))]
        place = head.index(entry)
        tree.body = [*head[:place], *made, *head[place:]]
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _text(text):
    return [ast.Expr(ast.Constant(text))] if text else []


def _bound(node):
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def of(source, measured):
    """The form of a program, or None if its entry does not take one sequence of small whole numbers, or returns no number."""
    tree = ast.parse(source)
    entry = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == measured.function), None)
    given = measured.arguments
    if entry is None or len(entry.args.args) != len(given):
        return None
    fits = [place for place, value in enumerate(given) if isinstance(value, list) and LENGTH_MIN <= len(value) <= LENGTH_MAX]
    if len(fits) != 1 or not all(type(number) is int and 0 <= number < VALUES_MAX for number in given[fits[0]]):
        return None
    try:
        space = {"__name__": "task_agent"}
        exec(compile(source, "<candidate>", "exec"), space)
        answer = space[measured.function](*[list(value) if isinstance(value, list) else value for value in given])
    except Exception:
        return None
    if type(answer) not in (int, float):
        return None
    sequence = given[fits[0]]
    return Form(tree, entry, entry.args.args[fits[0]].arg, len(sequence), max(sequence) + 1)
