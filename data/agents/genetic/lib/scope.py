"""Where expressions stand, and which names are bound there.

`Survey(tree, seen)` walks a module in the order in which it runs and lists expression sites, statement
places and names that are used without being bound. It is careful rather than complete: a name counts as
bound only when every way to the place binds it.
"""

import ast
import builtins

from lib import kinds

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Site:
    """One replaceable expression: `holder.field` (or `holder.field[place]`) in a named function.

    `whole` says that it is part of an index or of an argument of range, where a fraction would fail,
    `exponent` that it is part of an exponent, which must not grow.
    """

    def __init__(self, holder, field, place, env, function, level, kind, whole, exponent):
        self.holder = holder
        self.field = field
        self.place = place
        self.env = env
        self.function = function
        self.level = level
        self.kind = kind
        self.whole = whole
        self.exponent = exponent

    @property
    def node(self):
        """The expression that stands here now."""
        value = getattr(self.holder, self.field)
        return value if self.place is None else value[self.place]

    def put(self, node):
        """Replaces the expression."""
        if self.place is None:
            setattr(self.holder, self.field, node)
        else:
            getattr(self.holder, self.field)[self.place] = node


class Block:
    """One statement place: `statements[place]`, with the names bound before it."""

    def __init__(self, statements, place, env, function, level):
        self.statements = statements
        self.place = place
        self.env = env
        self.function = function
        self.level = level


class Survey:
    """Sites, blocks and unbound names of a module; `seen` maps function names to kinds of locals and results."""

    def __init__(self, tree, seen=None):
        self.seen = seen or {}
        self.sites = []
        self.blocks = []
        self.unbound = set()
        self.results = {name: local.get("return", "other") for name, local in self.seen.items()}
        self._globals = {}
        for name in _module_names(tree):
            self._globals[name] = self.seen.get("<module>", {}).get(name, "other")
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                self._globals.setdefault(node.name, "other")
                if node in tree.body:
                    self._globals[node.name] = "function:" + self.results.get(node.name, "other")
        self._later = []
        self._whole = 0
        self._exponent = 0
        self._statements(tree.body, {}, "<module>", 0)
        while self._later:
            node, outer = self._later.pop(0)
            self._function(node, outer)

    def _function(self, node, outer):
        """The body of a function, which sees everything that the module binds."""
        env = dict(self._globals)
        env.update(outer)
        local = self.seen.get(node.name, {})
        spec = node.args
        for arg in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]:
            env[arg.arg] = local.get(arg.arg, "other")
        for arg in (spec.vararg, spec.kwarg):
            if arg is not None:
                env[arg.arg] = "other"
        self._statements(node.body, env, node.name, 0)

    def _statements(self, body, env, function, level):
        """Walks statements in order; returns the names bound at the end."""
        env = dict(env)
        for place, statement in enumerate(body):
            self.blocks.append(Block(body, place, dict(env), function, level))
            self._statement(statement, env, function, level)
        return env

    def _bind(self, env, function, names):
        local = self.seen.get(function, {})
        for name, kind in names.items():
            env[name] = local.get(name, "other") if kind == "other" else kind

    def _statement(self, node, env, function, level):
        if isinstance(node, FUNCTIONS):
            env[node.name] = env.get(node.name, self._globals.get(node.name, "other"))
            inside = {} if function == "<module>" else env
            self._later.append((node, dict(inside)))
        elif isinstance(node, ast.ClassDef):
            env[node.name] = "other"
            inner = self._statements(node.body, env, function + "." + node.name, level)
            for name in inner:
                self._globals.setdefault(name, "other")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                env[(alias.asname or alias.name).partition(".")[0]] = "module"
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._expression(node, "iter", None, env, function, level)
            inner = dict(env)
            self._bind(inner, function, kinds.of_targets(node.target, node.iter, env))
            self._statements(node.body, inner, function, level + 1)
            self._statements(node.orelse, env, function, level)
        elif isinstance(node, (ast.If, ast.While)):
            self._expression(node, "test", None, env, function, level)
            deeper = level + isinstance(node, ast.While)
            first = self._statements(node.body, env, function, deeper)
            second = self._statements(node.orelse, env, function, level)
            if isinstance(node, ast.If):
                for name in first:
                    if name in second:
                        env[name] = kinds.merge(first[name], second[name])
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._expression(item, "context_expr", None, env, function, level)
                if item.optional_vars is not None:
                    self._bind(env, function, kinds.bind(item.optional_vars, "other"))
            env.update(self._statements(node.body, env, function, level))
        elif isinstance(node, (ast.Try, ast.TryStar)):
            inner = self._statements(node.body, env, function, level)
            self._statements(node.orelse, inner, function, level)
            for handler in node.handlers:
                caught = dict(env)
                if handler.name:
                    caught[handler.name] = "other"
                self._statements(handler.body, caught, function, level)
            self._statements(node.finalbody, env, function, level)
            if not node.handlers:
                env.update(inner)
        elif isinstance(node, ast.Assign):
            self._expression(node, "value", None, env, function, level)
            kind = kinds.of_expression(node.value, env)
            for target in node.targets:
                self._target(target, env, function, level)
                self._bind(env, function, kinds.bind(target, kind))
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._expression(node, "value", None, env, function, level)
                self._bind(env, function, kinds.bind(node.target, kinds.of_expression(node.value, env)))
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name) and node.target.id not in env:
                self._use(node.target.id, env)
            self._target(node.target, env, function, level)
            self._expression(node, "value", None, env, function, level)
        elif isinstance(node, (ast.Return, ast.Expr)):
            if node.value is not None and not _is_docstring(node):
                self._expression(node, "value", None, env, function, level)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    env.pop(target.id, None)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                env.setdefault(name, "other")

    def _target(self, node, env, function, level):
        """Index expressions inside assignment targets are read, too."""
        if isinstance(node, (ast.Subscript, ast.Attribute)):
            self._expression(node, "value", None, env, function, level, record=False)
            if isinstance(node, ast.Subscript):
                self._expression(node, "slice", None, env, function, level)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for part in node.elts:
                self._target(part, env, function, level)

    def _use(self, name, env):
        if name not in env and name not in BUILTINS and name not in self._globals:
            self.unbound.add(name)

    def _expression(self, holder, field, place, env, function, level, record=True):
        """Records the site and walks into it."""
        site = Site(holder, field, place, env, function, level, "other", self._whole > 0, self._exponent > 0)
        node = site.node
        if isinstance(node, (ast.Slice, ast.JoinedStr, ast.FormattedValue)):
            record = False
        if record and not isinstance(node, ast.Starred):
            site.env = dict(env)
            site.kind = kinds.of_expression(node, env)
            self.sites.append(site)
        if isinstance(node, ast.Name):
            self._use(node.id, env)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            self._comprehension(node, dict(env), function, level)
        elif isinstance(node, ast.Lambda):
            inner = dict(env)
            for arg in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
                inner[arg.arg] = "other"
            for arg in (node.args.vararg, node.args.kwarg):
                if arg is not None:
                    inner[arg.arg] = "other"
            self._expression(node, "body", None, inner, function, level)
        elif isinstance(node, ast.NamedExpr):
            self._expression(node, "value", None, env, function, level)
            env[node.target.id] = "other"
        else:
            self._children(node, env, function, level)

    def _children(self, node, env, function, level):
        for name, value in ast.iter_fields(node):
            fixed = isinstance(node, ast.Call) and name == "func" or isinstance(node, ast.Attribute)
            whole = _wants_whole(node, name)
            exponent = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and name == "right"
            self._whole += whole
            self._exponent += exponent
            if isinstance(value, ast.expr):
                self._expression(node, name, None, env, function, level, record=not fixed)
            elif isinstance(value, list):
                for place, part in enumerate(value):
                    if isinstance(part, ast.expr):
                        self._expression(node, name, place, env, function, level)
                    elif isinstance(part, ast.keyword):
                        self._expression(part, "value", None, env, function, level)
            self._whole -= whole
            self._exponent -= exponent

    def _comprehension(self, node, env, function, level):
        for generator in node.generators:
            self._expression(generator, "iter", None, env, function, level)
            env = dict(env)
            self._bind(env, function, kinds.of_targets(generator.target, generator.iter, env))
            for place in range(len(generator.ifs)):
                self._expression(generator, "ifs", place, env, function, level + 1)
        for name in ("key", "value") if isinstance(node, ast.DictComp) else ("elt",):
            self._expression(node, name, None, env, function, level + 1)


def _module_names(tree):
    """Every name that module-level code binds, in whatever branch."""
    names = []
    pending = list(tree.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names.append(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.extend((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        pending.extend(ast.iter_child_nodes(node))
    return names


def _wants_whole(node, field):
    """Whether this field of the node holds an index or an argument of range."""
    if isinstance(node, ast.Subscript):
        return field == "slice"
    return isinstance(node, ast.Call) and field == "args" and isinstance(node.func, ast.Name) and node.func.id == "range"


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def free_names(node):
    """Names that an expression reads."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def is_pure(node):
    """Whether an expression can be moved: it binds nothing and waits for nothing."""
    barred = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.Starred, ast.JoinedStr)
    return not any(isinstance(part, barred) for part in ast.walk(node))
