//! Names and the scopes that they belong to, as Python's compiler resolves them.
//!
//! The meaning of a name is decided by where it is bound: in a function, a lambda or a comprehension it is a local variable, in a module or a
//! class something that others can ask for by its name. Only names of the first kind can be changed.

use std::collections::{BTreeMap, BTreeSet};

/// The kind of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
    Comprehension,
}

/// A scope.
#[derive(Debug)]
pub(crate) struct NameScope<'t> {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: Option<usize>,
    /// Names bound here.
    pub(crate) bound: BTreeSet<&'t str>,
    /// Parameters, which callers can name.
    pub(crate) parameters: BTreeSet<&'t str>,
    /// Names that the scope declares to be another one's.
    pub(crate) foreign: BTreeSet<&'t str>,
}

/// The scopes of a text.
#[derive(Debug, Default)]
pub(crate) struct NameScopes<'t> {
    pub(crate) all: Vec<NameScope<'t>>,
    /// The scope and the name of every variable that occurs, by the first byte of the occurrence.
    pub(crate) occurrences: BTreeMap<usize, (usize, &'t str)>,
    /// Names that have to stay as they are: the scope in which they occur, and the name.
    pub(crate) pins: Vec<(usize, &'t str)>,
}

impl<'t> NameScopes<'t> {
    /// Adds a scope and returns its index.
    pub(crate) fn add(&mut self, kind: ScopeKind, parent: Option<usize>) -> usize {
        let none = BTreeSet::new;
        self.all.push(NameScope { kind, parent, bound: none(), parameters: none(), foreign: none() });
        self.all.len() - 1
    }

    /// Returns the scope to which a name belongs that occurs in a scope; `None` if it is not bound in any.
    pub(crate) fn resolve(&self, scope: usize, name: &str) -> Option<usize> {
        let mut at = Some(scope);
        while let Some(index) = at {
            let one = &self.all[index];
            let visible = one.kind != ScopeKind::Class || index == scope;
            let has = one.bound.contains(name) || one.parameters.contains(name);
            if visible && has && !one.foreign.contains(name) {
                return Some(index);
            }
            at = one.parent;
        }
        None
    }

    /// Returns the scope of a local variable that occurs in a scope; `None` for parameters and for what is bound in modules, in classes or nowhere.
    pub(crate) fn local(&self, scope: usize, name: &str) -> Option<usize> {
        let owner = self.resolve(scope, name)?;
        let one = &self.all[owner];
        let local = matches!(one.kind, ScopeKind::Function | ScopeKind::Comprehension);
        (local && !one.parameters.contains(name)).then_some(owner)
    }

    /// Returns a scope and those around it, as long as they are comprehensions.
    pub(crate) fn comprehensions(&self, scope: usize) -> Vec<usize> {
        let around = std::iter::successors(Some(scope), |inner| self.all[*inner].parent);
        around.take_while(|inner| self.all[*inner].kind == ScopeKind::Comprehension).collect()
    }

    /// Returns the scope in which an assignment expression binds: comprehensions have none of their own.
    pub(crate) fn binding_scope(&self, scope: usize) -> usize {
        let outermost = self.comprehensions(scope).last().copied();
        outermost.and_then(|outermost| self.all[outermost].parent).unwrap_or(scope)
    }
}
