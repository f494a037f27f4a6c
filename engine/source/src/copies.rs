//! Copies: subtrees that a text has twice, names of local variables aside.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use crate::names::Names;
use crate::normal::locals;
use crate::tree::{SyntaxTree, children};

/// Nodes of the smallest subtree that counts as a copy. Smaller ones are what any two programs share.
const NODES_MIN: usize = 20;

/// Counts the nodes of subtrees of at least 20 nodes that are equal to an earlier subtree. What is within a copy is not counted
/// again.
pub(crate) fn copied_nodes(tree: &SyntaxTree, names: &Names<'_>) -> usize {
    let mut copies =
        Copies { tree, locals: locals(tree, names), sums: BTreeMap::new(), seen: BTreeSet::new(), nodes: 0 };
    copies.sum(tree.root());
    copies.count(tree.root());
    copies.nodes
}

struct Copies<'t> {
    tree: &'t SyntaxTree,
    locals: BTreeMap<usize, usize>,
    /// Digest and number of nodes of each subtree that is large enough.
    sums: BTreeMap<usize, ([u8; 32], usize)>,
    seen: BTreeSet<[u8; 32]>,
    nodes: usize,
}

impl<'t> Copies<'t> {
    /// Returns the digest and the number of named nodes of a subtree.
    fn sum(&mut self, node: Node<'t>) -> ([u8; 32], usize) {
        let parts: Vec<Node<'t>> = children(node).into_iter().filter(|part| !part.is_extra()).collect();
        let mut bytes = node.kind().as_bytes().to_vec();
        bytes.push(0);
        let mut nodes = usize::from(node.is_named());
        if parts.is_empty() || node.kind() == "string" {
            let local = self.locals.contains_key(&node.start_byte());
            bytes.extend(if local { &b"\0"[..] } else { self.tree.text_of(node).as_bytes() });
        } else {
            for part in parts {
                let (digest, below) = self.sum(part);
                bytes.extend(digest);
                nodes += below;
            }
        }
        let digest = hyperspace_core::digest::derive("hyperspace v1 subtree", &[&bytes]);
        if nodes >= NODES_MIN {
            self.sums.insert(node.id(), (digest, nodes));
        }
        (digest, nodes)
    }

    fn count(&mut self, node: Node<'t>) {
        let Some((digest, nodes)) = self.sums.get(&node.id()).copied() else { return };
        if !self.seen.insert(digest) {
            self.nodes += nodes;
            return;
        }
        children(node).into_iter().for_each(|part| self.count(part));
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
