"""Lists ways to make a Python file smaller: statements that could go, and expressions that a part of them could replace.

Which of them change what the program does is for the caller to find out. Layout and comments of the rest stay as they are.
"""

import ast


def reductions(source):
    """Returns the reductions of a source text as `[start, end, text]`.

    Bytes `start` to `end` of the text in UTF-8 are replaced by `text`. Statements come first, then expressions, and of each what takes most out. A source that cannot be parsed has none.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = _Source(source)
    for holder in ast.walk(tree):
        for body in _bodies(holder):
            for place, statement in enumerate(body):
                found.statement(holder, body, place, statement)
    found.expressions(tree, True)
    ordered = sorted(found.edits, key=lambda edit: (edit[3], edit[0] - edit[1] + len(edit[2]), edit[0]))
    return [edit[:3] for edit in ordered]


def _bodies(node):
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield body


def _is_docstring(holder, place, statement):
    return (
        place == 0
        and isinstance(holder, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


class _Source:
    """A text with the places of its lines, and the reductions that were found in it."""

    def __init__(self, text):
        self.bytes = text.encode()
        self.lines = self.bytes.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        # Start, end, replacement, and 0 for statements or 1 for expressions.
        self.edits = []

    def start(self, node):
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node):
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def part(self, node):
        return self.bytes[self.start(node) : self.end(node)].decode()

    def add(self, start, end, text, kind):
        if self.bytes[start:end] != text.encode():
            self.edits.append([start, end, text, kind])

    def whole_lines(self, statement):
        """Returns the first byte of a statement's first line and the byte behind its last one; None if it shares them."""
        first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
        begin, end = self.starts[first - 1], self.starts[statement.end_lineno]
        before = self.bytes[begin : self.start(statement)] if first == statement.lineno else b""
        behind = self.bytes[self.end(statement) : end].strip()
        return (begin, end) if not before.strip() and (not behind or behind.startswith(b"#")) else None

    def behind_blank_lines(self, start, end):
        """Returns the place behind the blank lines that follow, where there are blank lines or nothing before as well."""
        before = self.starts.index(start)
        if before and self.lines[before - 1].strip():
            return end
        place = self.starts.index(end)
        while place < len(self.lines) and not self.lines[place].strip():
            place += 1
        return self.starts[place]

    def indent(self, statement):
        line = self.lines[statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]

    def statement(self, holder, body, place, statement):
        lines = self.whole_lines(statement)
        if lines is None or isinstance(statement, ast.Pass) or _is_docstring(holder, place, statement):
            return
        is_elif = isinstance(statement, ast.If) and self.bytes[self.start(statement) :].startswith(b"elif")
        if len(body) > 1 or is_elif:
            self.add(lines[0], self.behind_blank_lines(*lines), "", 0)
        elif isinstance(holder, (ast.If, ast.For, ast.While)) and body is holder.orelse:
            # The line of `else` goes as well.
            self.add(self.starts[holder.body[-1].end_lineno], lines[1], "", 0)
        elif not isinstance(holder, ast.Module):
            self.add(*lines, self.indent(statement).decode() + "pass\n", 0)
        if isinstance(statement, (ast.If, ast.For, ast.While, ast.With)) and not is_elif:
            for inner in filter(None, (statement.body, getattr(statement, "orelse", None))):
                self.unwrapped(lines, statement, inner)

    def unwrapped(self, lines, statement, inner):
        """Adds the replacement of a statement by what is inside of it, unless a text over several lines would change."""
        first = self.whole_lines(inner[0])
        if first is None or isinstance(inner[0], ast.Pass) or self.lines[inner[0].lineno - 1].lstrip().startswith(b"elif"):
            return
        for node in (node for statement in inner for node in ast.walk(statement)):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and node.end_lineno > node.lineno:
                return
        outer, deeper = self.indent(statement), self.indent(inner[0])
        text = self.bytes[first[0] : self.starts[inner[-1].end_lineno]].splitlines(keepends=True)
        kept = (outer + line[len(deeper) :] if line.startswith(deeper) else line for line in text)
        self.add(*lines, b"".join(kept).decode(), 0)

    def expressions(self, node, alone):
        """Adds replacements of the expressions below a node; `alone` says that an operator needs no parentheses there."""
        if isinstance(node, ast.JoinedStr):
            return
        for part in _parts(node):
            text = self.part(part)
            atom = isinstance(part, (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Tuple))
            self.add(self.start(node), self.end(node), text if atom or alone else f"({text})", 1)
        if isinstance(node, ast.Call) and not node.keywords and len(node.args) > 1:
            for left_out in range(len(node.args)):
                others = [self.part(one) for place, one in enumerate(node.args) if place != left_out]
                self.add(self.start(node), self.end(node), f"{self.part(node.func)}({', '.join(others)})", 1)
        operator = isinstance(node, (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Attribute, ast.Await, ast.Starred))
        for child in ast.iter_child_nodes(node):
            callee = isinstance(node, (ast.Call, ast.Subscript)) and child is (node.func if isinstance(node, ast.Call) else node.value)
            self.expressions(child, not operator and not callee)


def _parts(node):
    """Returns the parts that could stand in place of an expression."""
    match node:
        case ast.BinOp():
            return [node.left, node.right]
        case ast.BoolOp():
            return node.values
        case ast.UnaryOp():
            return [node.operand]
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.Call() if not node.keywords:
            return [one for one in node.args if not isinstance(one, (ast.Starred, ast.GeneratorExp))]
        case _:
            return []
