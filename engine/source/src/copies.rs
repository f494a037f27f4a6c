//! Copies: subtrees that a text has twice, names of local variables aside.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::Node;

use crate::names::Names;
use crate::normal::locals;
use crate::tree::SyntaxTree;

/// Nodes of the smallest subtree that counts as a copy. Smaller ones are what any two programs share.
const NODES_MIN: usize = 20;

/// Counts the nodes of subtrees of at least 20 nodes that are equal to an earlier subtree. What is within a copy is not counted
/// again.
pub(crate) fn copied_nodes(tree: &SyntaxTree, names: &Names<'_>) -> usize {
    let subtrees = Subtrees::of(tree, names);
    let mut seen = BTreeSet::new();
    let mut copied = 0;
    let mut nodes = tree.root().preorder();
    while let Some(node) = nodes.next() {
        let Subtree { shape, size } = subtrees.at[node.place()];
        if size < NODES_MIN {
            nodes.skip_below();
        } else if !seen.insert(shape) {
            copied += size;
            nodes.skip_below();
        }
    }
    copied
}

/// The subtree of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Subtree {
    /// The number of its shape: equal subtrees have the same.
    shape: u32,
    /// Nodes that have names, comments and the parts of a text literal left out.
    size: usize,
}

/// A shape: a kind with a text, or with the shapes of its parts.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Shape<'t> {
    Leaf(&'static str, &'t str),
    Local,
    Inner(&'static str, Vec<u32>),
}

/// The subtrees of all nodes.
struct Subtrees {
    /// By the place of the node.
    at: Vec<Subtree>,
}

impl Subtrees {
    fn of(tree: &SyntaxTree, names: &Names<'_>) -> Self {
        let locals = locals(tree, names);
        let mut shapes: BTreeMap<Shape<'_>, u32> = BTreeMap::new();
        let nodes: Vec<Node<'_>> = tree.root().preorder().collect();
        let mut at = vec![Subtree::default(); nodes.len()];
        // Children stand behind their parents.
        for node in nodes.into_iter().rev() {
            let mut size = usize::from(node.is_named());
            let shape = if node.is_leaf() || node.kind() == "string" {
                match locals.contains_key(&node.start_byte()) {
                    true => Shape::Local,
                    false => Shape::Leaf(node.kind(), tree.text_of(node)),
                }
            } else {
                let parts = node.children().filter(|part| !part.is_extra());
                Shape::Inner(
                    node.kind(),
                    parts
                        .map(|part| {
                            size += at[part.place()].size;
                            at[part.place()].shape
                        })
                        .collect(),
                )
            };
            let next = shapes.len() as u32;
            at[node.place()] = Subtree { shape: *shapes.entry(shape).or_insert(next), size };
        }
        Self { at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_counts_without_the_names_of_its_variables() {
        let copied = |text: &str| {
            let tree = SyntaxTree::parse(text).expect("Python");
            copied_nodes(&tree, &Names::of(&tree))
        };
        let function = |name: &str, variable: &str| {
            format!(
                "def {name}(items):\n    {variable} = 0\n    for one in items:\n        {variable} = {variable} + one * one\n    print({variable})\n    return {variable}\n"
            )
        };
        let twice = [function("f", "total"), function("g", "sum_of")].concat();
        assert!(copied(&twice) >= NODES_MIN, "{}", copied(&twice));
        assert_eq!(copied(&function("f", "total")), 0);
        let other = [function("f", "total"), function("g", "total").replace("* one", "- one")].concat();
        assert_eq!(copied(&other), 0);
        assert_eq!(copied("x = 1\nx = 1\nx = 1\n"), 0);
    }
}
