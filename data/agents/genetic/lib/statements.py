"""Mutation operators over statements: insert, repeat, delete, swap. What unbinds a name is refused later by the survey."""

import ast
import copy

from lib import kinds, scope
from lib.expressions import binary, constant, rounded
from lib.operators import is_number_literal, moved

FIXED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
STEPS = (ast.Add, ast.Sub, ast.Add, ast.Mult)


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _blocks(context, accepts):
    return [block for block in context.survey.blocks if accepts(block.statements[block.place], block)]


def accumulate(context):
    """Inserts `name += expression`, often under a condition, for a number that the function has bound itself."""
    rng = context.rng
    places = []
    for block in _blocks(context, lambda node, block: block.function != "<module>" and not _is_text(node)):
        names = [name for name in sorted(block.env) if block.env[name] == "float" and _assigned(context, block, name)]
        places.extend((block, name) for name in names)
    if not places:
        return False
    block, name = rng.choice(places)
    value = context.maker.number(block.env, context.depth())
    step = ast.AugAssign(ast.Name(name, ast.Store()), rng.choice(STEPS)(), value)
    if rng.random() < 0.5:
        step = ast.If(context.maker.truth(block.env, rng.choice((0, 1, 1))), [step], [])
    block.statements.insert(block.place, step)
    return True


def _assigned(context, block, name):
    """Whether the block's function assigns the name as a plain statement (so that += is not the first binding)."""
    for other in context.survey.blocks:
        if other.function == block.function:
            node = other.statements[other.place]
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return True
    return False


def introduce(context):
    """Binds a new name to an expression before a statement and uses it inside that statement."""
    rng = context.rng
    simple = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr, ast.AnnAssign)
    places = _blocks(context, lambda node, block: isinstance(node, simple) and block.function != "<module>" and not _is_text(node))
    if not places:
        return False
    block = rng.choice(places)
    inside = {id(node) for node in ast.walk(block.statements[block.place])}
    sites = [
        site
        for site in context.survey.sites
        if id(site.holder) in inside
        and site.kind in kinds.NUMERIC
        and not site.exponent
        and not site.whole
        and not isinstance(site.holder, ast.UnaryOp)
    ]
    if not sites:
        return False
    fresh = next(name for name in (f"extra_{k}" for k in range(1, 10_000)) if name not in _all_names(context.tree))
    site = rng.choice(sites)
    binding = ast.Assign([ast.Name(fresh, ast.Store())], context.maker.number(block.env, max(1, context.depth())))
    site.put(binary(site.node, rng.choice((ast.Add, ast.Sub, ast.Mult)), ast.Name(fresh, ast.Load())))
    block.statements.insert(block.place, binding)
    return True


def _all_names(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def early_return(context):
    """Inserts `if condition: return expression` into a function that was seen to return numbers."""
    rng = context.rng
    places = _blocks(
        context,
        lambda node, block: context.survey.results.get(block.function) in kinds.NUMERIC and not _is_text(node) and block.level == 0,
    )
    if not places:
        return False
    block = rng.choice(places)
    answer = ast.Return(context.maker.number(block.env, context.depth()))
    block.statements.insert(block.place, ast.If(context.maker.truth(block.env, 1), [answer], []))
    return True


def repeat(context):
    """Copies a statement that changes a number, with its literals moved."""
    rng = context.rng
    places = _blocks(context, lambda node, block: isinstance(node, (ast.AugAssign, ast.If)) and block.function != "<module>")
    if not places:
        return False
    block = rng.choice(places)
    twin = copy.deepcopy(block.statements[block.place])
    if any(isinstance(node, (ast.Return, ast.Break, ast.Continue)) for node in ast.walk(twin)):
        return False
    inner = scope.Survey(ast.Module([twin], []), context.seen)
    for site in inner.sites:
        if is_number_literal(site) and isinstance(site.node, ast.Constant) and not site.exponent and rng.random() < 0.6:
            site.put(constant(moved(site.node.value, rng, context.parameters["constant_scale"])))
    block.statements.insert(block.place + rng.randrange(2), twin)
    return True


def delete(context):
    """Deletes a statement; the last one of a block stays, and so do definitions and imports."""
    places = _blocks(
        context,
        lambda node, block: len(block.statements) > 1 and not isinstance(node, (*FIXED, ast.Return)) and not _is_text(node),
    )
    if not places:
        return False
    block = context.rng.choice(places)
    del block.statements[block.place]
    return True


def swap(context):
    """Exchanges two neighbouring statements of a function."""
    movable = (ast.Assign, ast.AugAssign, ast.If)
    places = _blocks(
        context,
        lambda node, block: block.function != "<module>"
        and block.place + 1 < len(block.statements)
        and isinstance(node, movable)
        and isinstance(block.statements[block.place + 1], movable),
    )
    if not places:
        return False
    block = context.rng.choice(places)
    body, place = block.statements, block.place
    body[place], body[place + 1] = body[place + 1], body[place]
    return True


def reweigh(context):
    """The value of a statement `name += value` is multiplied by a constant or by a condition."""
    rng = context.rng
    places = _blocks(context, lambda node, block: isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)))
    if not places:
        return False
    block = rng.choice(places)
    node = block.statements[block.place]
    if kinds.of_expression(node.value, block.env) not in kinds.NUMERIC:
        return False
    if rng.random() < 0.5:
        node.value = binary(node.value, ast.Mult, constant(rounded(rng.gauss(0.0, 2.0), 2)))
    else:
        node.value = binary(context.maker.truth(block.env, 1), ast.Mult, node.value)
    return True
