//! The leaves of a tree in their order: names, numbers, texts, keywords, operators, comments. A text literal is one leaf, whatever it holds.

use tree_sitter::Node;

use crate::tree::{SyntaxTree, children};

/// A leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaf<'t> {
    pub(crate) node: Node<'t>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl<'t> Leaf<'t> {
    pub(crate) fn kind(&self) -> &'t str {
        self.node.kind()
    }

    pub(crate) fn row(&self) -> usize {
        self.node.start_position().row
    }

    pub(crate) fn column(&self) -> usize {
        self.node.start_position().column
    }

    pub(crate) fn last_row(&self) -> usize {
        self.node.end_position().row
    }
}

/// Returns the leaves, comments and continued lines included.
pub(crate) fn leaves(tree: &SyntaxTree) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    collect(tree.root(), &mut found);
    found
}

fn collect<'t>(node: Node<'t>, found: &mut Vec<Leaf<'t>>) {
    let below = children(node);
    if below.is_empty() || node.kind() == "string" {
        let range = node.byte_range();
        if !range.is_empty() {
            found.push(Leaf { node, start: range.start, end: range.end });
        }
        return;
    }
    below.into_iter().for_each(|child| collect(child, found));
}
