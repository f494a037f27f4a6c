"""The numbers of a program as a genome: which ones may move, how a program is run with others, and its source with them.

Free are numbers of module-level tables (literals, nested lists and tuples of literals) and floats in functions, if the entry
needs them. Numbers that the program's own measure (`quality`, `parts`, `slacks`) needs are fixed, as are very small and very large
scalars, which are margins and scales.
"""

import ast

MEASURE = "quality"
PARTS, SLACKS = "parts", "slacks"
# What a program says about its answers; the search never changes it.
SAYS = (MEASURE, PARTS, SLACKS)
SMALL, LARGE = 1e-6, 1e6
NUMBERS_MAX = 600


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _definitions(tree):
    """Nodes of the module by the names that they bind."""
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name in names_in(target):
                    found[name] = node
    return found


def reach(tree, start, without=()):
    """Names of the module that a definition needs, itself among them."""
    definitions = _definitions(tree)
    found, pending = set(), [start]
    while pending:
        name = pending.pop()
        if name in found or name not in definitions or name in without:
            continue
        found.add(name)
        pending.extend(names_in(definitions[name]))
    return found


def literal(node):
    """A number, or a nested list of numbers, of a literal; None for anything else. Tuples become lists."""
    if isinstance(node, (ast.List, ast.Tuple)):
        parts = [literal(part) for part in node.elts]
        return None if any(part is None for part in parts) else parts
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = literal(node.operand)
        return -value if type(value) in (int, float) else None
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    return None


def count(value):
    return sum(map(count, value)) if isinstance(value, list) else 1


def copied(value):
    return [copied(part) for part in value] if isinstance(value, list) else value


def _is_free(value):
    return isinstance(value, list) or value == 0 or SMALL <= abs(value) <= LARGE


class _Constants(ast.NodeTransformer):
    """Replaces the free floats of functions by elements of a list."""

    def __init__(self, found):
        self.found = found

    def visit_JoinedStr(self, node):
        return node

    def visit_Constant(self, node):
        if type(node.value) is not float or not _is_free(node.value) or node.value == 0.0:
            return node
        self.found.append(node.value)
        index = ast.Constant(len(self.found) - 1)
        return ast.Subscript(ast.Name("_NUMBERS", ast.Load()), index, ast.Load())


class Genome:
    """The free numbers of a program: tables by name, and the floats of its functions as the table `_NUMBERS`."""

    def __init__(self, source, entry):
        self.tree = ast.parse(source)
        needed = reach(self.tree, entry)
        fixed = set().union(*(reach(self.tree, name, (entry,)) for name in SAYS))
        self.tables, self.numbers = {}, []
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                value = literal(node.value)
                if name in needed - fixed and value not in (None, []) and _is_free(value):
                    self.tables[name] = value
            elif isinstance(node, ast.FunctionDef) and node.name in needed - fixed:
                _Constants(self.numbers).visit(node)
        if self.numbers:
            self.tables["_NUMBERS"] = self.numbers
        self.kept = {name for name, value in self.tables.items() if count(value) <= NUMBERS_MAX}
        self.code = compile(ast.fix_missing_locations(self.tree), "<candidate>", "exec")

    def start(self):
        """The tables that may move."""
        return {name: copied(value) for name, value in self.tables.items() if name in self.kept}

    def space(self):
        """The module's names after its import."""
        space = {"__name__": "task_agent", "_NUMBERS": list(self.numbers)}
        exec(self.code, space)
        return space

    def source(self, tables):
        """The program with these tables."""
        numbers = tables.get("_NUMBERS", self.numbers)

        class Back(ast.NodeTransformer):
            def visit_Subscript(self, node):
                if isinstance(node.value, ast.Name) and node.value.id == "_NUMBERS":
                    return _number(numbers[node.slice.value])
                return self.generic_visit(node)

        tree = Back().visit(ast.parse(ast.unparse(self.tree)))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in tables:
                node.value = _shaped(tables[node.targets[0].id])
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _number(value):
    node = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), node) if value < 0 else node


def _shaped(value):
    if isinstance(value, list):
        return ast.List([_shaped(part) for part in value], ast.Load())
    return _number(value)
