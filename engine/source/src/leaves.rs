//! The leaves of a tree in their order: names, numbers, texts, keywords, operators, comments. A text literal is one leaf, whatever it holds.

use crate::node::Node;

use crate::tree::SyntaxTree;

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
        self.node.row()
    }

    pub(crate) fn column(&self) -> usize {
        self.node.column()
    }

    pub(crate) fn last_row(&self) -> usize {
        self.node.last_row()
    }
}

/// Returns the leaves, comments and continued lines included.
pub(crate) fn leaves(tree: &SyntaxTree) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    collect(tree.root(), &mut found);
    found
}

fn collect<'t>(node: Node<'t>, found: &mut Vec<Leaf<'t>>) {
    if node.is_leaf() || node.kind() == "string" {
        let range = node.byte_range();
        if !range.is_empty() {
            found.push(Leaf { node, start: range.start, end: range.end });
        }
        return;
    }
    node.children().for_each(|child| collect(child, found));
}
