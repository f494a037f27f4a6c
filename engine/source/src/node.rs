//! The nodes of a tree as a list, each before its children.
//!
//! Everything that looks at a tree reads this list: what is below a node is a range of it, so that a walk is a loop over neighbours in memory.

use std::ops::Range;
use std::sync::LazyLock;

use tree_sitter::{Language, Tree, TreeCursor};

/// The grammar, whose names live as long as the process.
pub(crate) static GRAMMAR: LazyLock<Language> = LazyLock::new(|| tree_sitter_python::LANGUAGE.into());

/// Levels of the deepest tree. Whatever looks at a tree may therefore call itself once per level.
pub(crate) const DEPTH_MAX: usize = 500;

/// The place of a node that has no parent.
const NONE: u32 = u32::MAX;

/// A node of the list.
#[derive(Debug)]
struct NodeRecord {
    kind: &'static str,
    /// The field of the parent that it stands in.
    field: Option<&'static str>,
    is_named: bool,
    is_extra: bool,
    bytes: Range<u32>,
    /// Row and column of the first byte, from 0.
    start: (u32, u32),
    last_row: u32,
    parent: u32,
    /// The place after the last node below this one.
    end: u32,
}

/// The nodes of a tree.
#[derive(Debug)]
pub(crate) struct NodeList {
    all: Vec<NodeRecord>,
}

/// A node that lies deeper than [`DEPTH_MAX`] levels.
#[derive(Debug)]
pub(crate) struct TooDeep {
    /// Its first row, from 0.
    pub(crate) row: usize,
}

impl NodeList {
    /// Lists the nodes of a tree. Its text has less than 4 GiB.
    ///
    /// # Errors
    ///
    /// A tree of more than [`DEPTH_MAX`] levels.
    pub(crate) fn of(tree: &Tree) -> Result<Self, TooDeep> {
        let mut list = Self { all: Vec::with_capacity(tree.root_node().descendant_count()) };
        let mut open: Vec<u32> = Vec::new();
        let mut cursor = tree.walk();
        loop {
            if open.len() > DEPTH_MAX {
                return Err(TooDeep { row: cursor.node().start_position().row });
            }
            let place = list.add(&cursor, open.last().copied().unwrap_or(NONE));
            if cursor.goto_first_child() {
                open.push(place);
                continue;
            }
            while !cursor.goto_next_sibling() {
                let Some(parent) = open.pop() else { return Ok(list) };
                list.all[parent as usize].end = short(list.all.len());
                cursor.goto_parent();
            }
        }
    }

    fn add(&mut self, cursor: &TreeCursor<'_>, parent: u32) -> u32 {
        let node = cursor.node();
        let place = short(self.all.len());
        let start = node.start_position();
        self.all.push(NodeRecord {
            kind: GRAMMAR.node_kind_for_id(node.kind_id()).unwrap_or_default(),
            field: cursor.field_id().and_then(|field| GRAMMAR.field_name_for_id(field.get())),
            is_named: node.is_named(),
            is_extra: node.is_extra(),
            bytes: short(node.start_byte())..short(node.end_byte()),
            start: (short(start.row), short(start.column)),
            last_row: short(node.end_position().row),
            parent,
            end: place + 1,
        });
        place
    }

    /// Returns the root.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { list: self, place: 0 }
    }
}

fn short(number: usize) -> u32 {
    u32::try_from(number).expect("a parsed text has less than 4 GiB")
}

/// A node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t> {
    list: &'t NodeList,
    place: u32,
}

impl PartialEq for Node<'_> {
    /// Compares nodes of one tree.
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<'t> Node<'t> {
    fn record(self) -> &'t NodeRecord {
        &self.list.all[self.place as usize]
    }

    /// Returns the place in the list, from 0.
    pub(crate) fn place(self) -> usize {
        self.place as usize
    }

    /// Returns the kind by the grammar; of keywords and operators the word itself.
    pub(crate) fn kind(self) -> &'static str {
        self.record().kind
    }

    /// Returns false for keywords and operators.
    pub(crate) fn is_named(self) -> bool {
        self.record().is_named
    }

    /// Returns true for comments and continued lines, which may stand anywhere.
    pub(crate) fn is_extra(self) -> bool {
        self.record().is_extra
    }

    pub(crate) fn byte_range(self) -> Range<usize> {
        self.start_byte()..self.end_byte()
    }

    pub(crate) fn start_byte(self) -> usize {
        self.record().bytes.start as usize
    }

    pub(crate) fn end_byte(self) -> usize {
        self.record().bytes.end as usize
    }

    /// Returns the row of the first byte, from 0.
    pub(crate) fn row(self) -> usize {
        self.record().start.0 as usize
    }

    /// Returns the column of the first byte in bytes, from 0.
    pub(crate) fn column(self) -> usize {
        self.record().start.1 as usize
    }

    /// Returns the row of the end, from 0.
    pub(crate) fn last_row(self) -> usize {
        self.record().last_row as usize
    }

    /// Returns the node that this one is a child of.
    pub(crate) fn parent(self) -> Option<Self> {
        let parent = self.record().parent;
        (parent != NONE).then_some(Self { list: self.list, place: parent })
    }

    /// Returns the children, keywords and operators included.
    pub(crate) fn children(self) -> Children<'t> {
        Children { list: self.list, next: self.place + 1, end: self.record().end }
    }

    /// Returns the children that have names, comments left out.
    pub(crate) fn named(self) -> impl Iterator<Item = Self> + Clone {
        self.children().filter(|child| child.is_named() && !child.is_extra())
    }

    /// Returns whether it has no children.
    pub(crate) fn is_leaf(self) -> bool {
        self.record().end == self.place + 1
    }

    /// Returns the children in a field.
    pub(crate) fn fields(self, field: &str) -> impl Iterator<Item = Self> + Clone {
        self.children().filter(move |child| child.record().field == Some(field))
    }

    /// Returns the first child in a field.
    pub(crate) fn field(self, field: &str) -> Option<Self> {
        self.fields(field).next()
    }

    /// Returns this node and everything below it, a node before its children.
    pub(crate) fn preorder(self) -> Preorder<'t> {
        Preorder { list: self.list, next: self.place, end: self.record().end }
    }
}

/// The children of a node.
#[derive(Debug, Clone)]
pub(crate) struct Children<'t> {
    list: &'t NodeList,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let node = (self.next < self.end).then_some(Node { list: self.list, place: self.next })?;
        self.next = node.record().end;
        Some(node)
    }
}

/// A walk over a node and what is below it.
#[derive(Debug)]
pub(crate) struct Preorder<'t> {
    list: &'t NodeList,
    next: u32,
    end: u32,
}

impl<'t> Preorder<'t> {
    /// Leaves out what is below the node that came last.
    pub(crate) fn skip_below(&mut self) {
        if let Some(last) = self.next.checked_sub(1) {
            self.next = self.list.all[last as usize].end;
        }
    }
}

impl<'t> Iterator for Preorder<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let node = (self.next < self.end).then_some(Node { list: self.list, place: self.next })?;
        self.next += 1;
        Some(node)
    }
}
