//! Dead code, as far as it is sure: statements after the end of their block, and definitions that nothing names.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::Node;
use serde::Serialize;

use crate::names::Names;
use crate::reflection::reading_word;
use crate::scope::ScopeKind;
use crate::tree::SyntaxTree;

/// Statements after which a block does not go on.
const ENDS: [&str; 4] = ["return_statement", "raise_statement", "break_statement", "continue_statement"];

/// Dead code of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeadCode {
    /// Statements that follow a `return`, `raise`, `break` or `continue` in the same block. What is within such a statement is not
    /// counted again.
    pub unreachable: usize,
    /// Functions and classes within functions, and those of the module whose names begin with `_`, that nothing names besides themselves. Others
    /// may be used by other files.
    pub unused_definitions: Vec<String>,
    /// Names that are imported and not used, unless the module exports them in `__all__` or imports them as themselves.
    pub unused_imports: Vec<String>,
}

impl DeadCode {
    /// Returns the number of statements and definitions together.
    #[must_use]
    pub fn total(&self) -> usize {
        self.unreachable + self.unused_definitions.len() + self.unused_imports.len()
    }

    /// Finds the dead code of a text. Of a program that may see its own names, no definition counts as unused.
    #[must_use]
    pub fn of(tree: &SyntaxTree) -> Self {
        Self::by(tree, &Names::of(tree))
    }

    /// Finds the dead code of a text with these names.
    pub(crate) fn by(tree: &SyntaxTree, names: &Names<'_>) -> Self {
        let mut dead = Self { unreachable: unreachable(tree.root()), ..Self::default() };
        if sees_names(tree) {
            return dead;
        }
        let scopes = &names.scopes;
        let used = UsedNames::of(names);
        let mut count: BTreeMap<(Option<usize>, &str), usize> = BTreeMap::new();
        for &(scope, name, _) in &names.definitions {
            *count.entry((scopes.resolve(scope, name), name)).or_default() += 1;
        }
        for &(scope, name, statement) in &names.definitions {
            let kind = scopes.all[scope].kind;
            let Some(owner) = scopes.resolve(scope, name) else { continue };
            let import = statement.kind().starts_with("import");
            if kind == ScopeKind::Class
                || name.starts_with("__")
                || statement.kind() == "future_import_statement"
            {
                continue;
            }
            let is_private = kind == ScopeKind::Function || name.starts_with('_');
            let is_decorated =
                statement.parent().is_some_and(|parent| parent.kind() == "decorated_definition");
            if !import && (!is_private || is_decorated) {
                continue;
            }
            let inside = if import { 0..0 } else { statement.byte_range() };
            // Of a name that is defined twice, nothing is sure.
            if count.get(&(Some(owner), name)) == Some(&1) && !used.outside(owner, name, &inside) {
                let listed = if import { &mut dead.unused_imports } else { &mut dead.unused_definitions };
                listed.push(name.to_owned());
            }
        }
        let exported = exports(tree);
        dead.unused_imports.retain(|name| !exported.contains(name.as_str()));
        dead
    }
}

/// Returns whether the program may look names up that it does not spell.
fn sees_names(tree: &SyntaxTree) -> bool {
    const HARMLESS: [&str; 5] = ["open", "os", "pathlib", "io", "read_text"];
    reading_word(tree).is_some_and(|word| !HARMLESS.contains(&word.as_str()))
}

/// The names that a text uses.
struct UsedNames<'t> {
    /// The bytes at which each name of a scope is used.
    places: BTreeMap<(usize, &'t str), Vec<usize>>,
    /// Names that are used where nothing binds them.
    free: BTreeSet<&'t str>,
}

impl<'t> UsedNames<'t> {
    fn of(names: &Names<'t>) -> Self {
        let mut used = Self { places: BTreeMap::new(), free: BTreeSet::new() };
        for at in &names.uses {
            let Some(&(scope, name)) = names.scopes.occurrences.get(at) else { continue };
            match names.scopes.resolve(scope, name) {
                Some(owner) => used.places.entry((owner, name)).or_default().push(*at),
                None => {
                    used.free.insert(name);
                }
            }
        }
        used
    }

    /// Returns whether a name of a scope is used outside of these bytes.
    fn outside(&self, owner: usize, name: &str, inside: &std::ops::Range<usize>) -> bool {
        let places = self.places.get(&(owner, name));
        self.free.contains(name) || places.is_some_and(|places| places.iter().any(|at| !inside.contains(at)))
    }
}

/// Counts statements that follow the end of their block.
fn unreachable(node: Node<'_>) -> usize {
    if !matches!(node.kind(), "block" | "module") {
        return node.children().map(unreachable).sum();
    }
    let statements: Vec<Node<'_>> = node.named().collect();
    let end = statements.iter().position(|one| ENDS.contains(&one.kind()));
    let reached = end.map_or(statements.len(), |end| end + 1);
    statements[..reached].iter().map(|one| unreachable(*one)).sum::<usize>() + statements.len() - reached
}

/// Returns the texts of a module that has an `__all__`, and the names that are imported as themselves.
fn exports(tree: &SyntaxTree) -> BTreeSet<&str> {
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    let mut same: BTreeSet<&str> = BTreeSet::new();
    let mut has_list = false;
    for node in tree.root().preorder() {
        let text = tree.text_of(node);
        match node.kind() {
            "identifier" => has_list |= text == "__all__",
            "string_content" => {
                texts.insert(text);
            }
            "aliased_import" => {
                let [from, to] = ["name", "alias"]
                    .map(|field| node.field(field).map(|part| tree.text_of(part)).unwrap_or_default());
                same.extend((from == to).then_some(to));
            }
            _ => {}
        }
    }
    if has_list {
        same.append(&mut texts);
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(text: &str) -> (usize, Vec<String>, Vec<String>) {
        let dead = DeadCode::of(&SyntaxTree::parse(text).expect("Python"));
        (dead.unreachable, dead.unused_definitions, dead.unused_imports)
    }

    #[test]
    fn what_follows_the_end_of_a_block_is_unreachable() {
        assert_eq!(
            dead("def f():\n    return 1\n    x = 2\n    if x:\n        return 3\n        y = 4\n").0,
            2
        );
        assert_eq!(dead("for a in b:\n    if a:\n        continue\n    c\n    break\n").0, 0);
        assert_eq!(dead("def f():\n    raise E\n    # only a comment\n").0, 0);
    }

    #[test]
    fn definitions_that_nothing_names_are_unused() {
        let (_, definitions, imports) = dead(
            "import os.path\nimport math as m, json\nfrom a import b, c as d\nfrom e import g as g\ndef f():\n    def inner():\n        return inner()\n    return m.pi\ndef _hidden():\n    return _hidden()\ndef _used():\n    return d\nx = _used()\n",
        );
        assert_eq!(definitions, ["inner", "_hidden"]);
        assert_eq!(imports, ["os", "json", "b"]);
    }

    #[test]
    fn what_may_be_used_is_not_unused() {
        assert_eq!(dead("import a\ndef _f():\n    pass\nprint(globals())\n").1.len(), 0);
        assert_eq!(dead("from a import b\n__all__ = ['b']\n").2.len(), 0);
        assert_eq!(dead("import a\ndef f(x: a.B):\n    return x\n").2.len(), 0);
        assert_eq!(dead("@register\ndef _f():\n    pass\n").1.len(), 0);
        assert_eq!(dead("from __future__ import annotations\n").2.len(), 0);
        assert_eq!(dead("class C:\n    def _m(self):\n        pass\n").1.len(), 0);
    }
}
