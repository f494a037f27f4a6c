"""Crossover with archive members: subexpressions, conditions, literals and whole functions, where names allow it."""

import ast
import copy

from lib import kinds, scope
from lib.expressions import binary
from lib.operators import is_number_literal

CALLABLE = {"abs", "min", "max", "len", "sum", "round", "int", "float", "math"}


def _donor(context):
    return context.rng.choice(context.donors) if context.donors else None


def cross_expression(context):
    """A number or condition is replaced by (or joined with) one of a member's that uses only names bound here."""
    member = _donor(context)
    if member is None:
        return False
    rng = context.rng
    wanted = ("bool",) if rng.random() < 0.2 else kinds.NUMERIC
    site = context.pick(lambda site: site.kind in wanted and not site.whole and not isinstance(site.holder, ast.UnaryOp))
    if site is None:
        return False
    bound = set(site.env) | CALLABLE
    parts = [
        other.node
        for other in scope.Survey(member.tree, context.seen).sites
        if other.kind in wanted
        and not isinstance(other.node, (ast.Constant, ast.Name))
        and scope.is_pure(other.node)
        and scope.free_names(other.node) <= bound
        and not _calls_own(other.node)
    ]
    if not parts:
        return False
    part = copy.deepcopy(rng.choice(parts))
    if wanted == kinds.NUMERIC and rng.random() < 0.4:
        part = binary(site.node, rng.choice((ast.Add, ast.Sub, ast.Mult)), part)
    site.put(part)
    return True


def _calls_own(node):
    """Whether an expression calls anything but cheap built-ins: a copied call of an own function could recurse."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id not in CALLABLE:
            return True
    return False


def _functions(tree):
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def cross_function(context):
    """A function is replaced by the member's of the same name and parameters; functions that it needs come along."""
    member = _donor(context)
    if member is None:
        return False
    own, theirs = _functions(context.tree), _functions(member.tree)
    shared = [name for name in sorted(own) if name in theirs and ast.dump(own[name].args) == ast.dump(theirs[name].args)]
    shared = [name for name in shared if ast.dump(own[name]) != ast.dump(theirs[name])]
    if not shared:
        return False
    name = context.rng.choice(shared)
    fresh = copy.deepcopy(theirs[name])
    place = context.tree.body.index(own[name])
    context.tree.body[place] = fresh
    needed = [other for other in sorted(scope.free_names(fresh)) if other in theirs and other not in own]
    for other in needed[:4]:
        context.tree.body.insert(place, copy.deepcopy(theirs[other]))
    return True


def cross_statement(context):
    """A statement of a member's function of the same name is inserted before one of the own."""
    member = _donor(context)
    if member is None:
        return False
    rng = context.rng
    own = [block for block in context.survey.blocks if block.function != "<module>" and not isinstance(block.statements[block.place], ast.Expr)]
    if not own:
        return False
    block = rng.choice(own)
    theirs = [
        other.statements[other.place]
        for other in scope.Survey(member.tree, context.seen).blocks
        if other.function == block.function
        and isinstance(other.statements[other.place], (ast.Assign, ast.AugAssign, ast.If))
        and scope.free_names(other.statements[other.place]) <= set(block.env) | CALLABLE
    ]
    if not theirs:
        return False
    block.statements.insert(block.place, copy.deepcopy(rng.choice(theirs)))
    return True


def cross_constants(context):
    """Literals of a member of the same shape are taken over, or met half way, each with even odds."""
    rng = context.rng
    own = [site for site in context.survey.sites if is_number_literal(site) and isinstance(site.node, ast.Constant)]
    fitting = []
    for member in context.donors:
        theirs = [site for site in scope.Survey(member.tree, context.seen).sites if is_number_literal(site) and isinstance(site.node, ast.Constant)]
        if own and len(theirs) == len(own) and [site.function for site in theirs] == [site.function for site in own]:
            fitting.append(theirs)
    if not fitting:
        return False
    changed = False
    for site, other in zip(own, rng.choice(fitting)):
        value = other.node.value
        if type(value) is type(site.node.value) and value != site.node.value and rng.random() < 0.5:
            if isinstance(value, float) and rng.random() < 0.5:
                value = (value + site.node.value) / 2.0
            site.put(ast.Constant(value))
            changed = True
    return changed
