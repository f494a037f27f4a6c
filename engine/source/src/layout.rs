//! The question whether the layout of a text says exactly what its tree does.
//!
//! The parser is more lenient than Python: it joins lines that Python does not, reads characters as spaces that Python refuses, and does not
//! compare indentation strictly. A text whose layout is plain by these rules has the tokens, the ends of lines and the levels of
//! indentation for Python that it has here, so that two plain texts with equal tokens are the same program. A text that is not plain may be a
//! fine program; nothing is claimed about it.

use std::collections::BTreeSet;

use crate::node::Node;

use crate::leaves::{Leaf, leaves};
use crate::tree::SyntaxTree;

/// Statements that end with a block, and so have no other statement on their first line.
pub(crate) const COMPOUND: [&str; 9] = [
    "if_statement",
    "for_statement",
    "while_statement",
    "try_statement",
    "with_statement",
    "function_definition",
    "class_definition",
    "decorated_definition",
    "match_statement",
];
/// Parts of a statement that begin a line of its column.
const CLAUSES: [&str; 4] = ["elif_clause", "else_clause", "except_clause", "finally_clause"];
/// Statements of another Python.
const FOREIGN: [&str; 3] = ["print_statement", "exec_statement", "chevron"];

/// Returns whether the layout of a text says exactly what its tree does.
pub(crate) fn is_plain(tree: &SyntaxTree) -> bool {
    if tree.text().contains(['\r', '\0', '\u{c}', '\u{feff}']) || names_an_encoding(tree.text()) {
        return false;
    }
    if tree.root().preorder().any(|node| FOREIGN.contains(&node.kind())) {
        return false;
    }
    let leaves = leaves(tree);
    let mut lines = Lines { tree, leaves: &leaves, starts: BTreeSet::new() };
    lines.are_plain() && gaps_are_plain(tree, &leaves)
}

/// Returns whether one of the first two lines may say how the text is encoded.
fn names_an_encoding(text: &str) -> bool {
    text.lines().take(2).any(|line| line.contains('#') && line.contains("coding"))
}

/// Checks what stands between leaves, and that leaves which touch each other are two for Python as well.
fn gaps_are_plain(tree: &SyntaxTree, leaves: &[Leaf<'_>]) -> bool {
    let mut end = 0;
    let mut last: Option<&Leaf<'_>> = None;
    for leaf in leaves {
        let gap = tree.slice(end..leaf.start);
        let is_space =
            |c: char| c == ' ' || c == '\n' || (c == '\t' && !gap.contains('\n') && last.is_some());
        let broken = !matches!(leaf.kind(), "string" | "line_continuation" | "comment")
            && tree.slice(leaf.start..leaf.end).contains(|c: char| c.is_whitespace() && c != ' ');
        if leaf.start < end || broken || !gap.chars().all(is_space) {
            return false;
        }
        if let Some(last) = last.filter(|_| gap.is_empty())
            && touches(tree.slice(last.start..last.end), tree.slice(leaf.start..leaf.end))
        {
            return false;
        }
        end = leaf.end;
        last = Some(leaf);
    }
    tree.slice(end..tree.text().len()).chars().all(|c| c == ' ' || c == '\n')
}

/// Returns whether two leaves side by side could be one for Python, or none.
fn touches(left: &str, right: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (Some(first), Some(last), Some(next)) =
        (left.chars().next(), left.chars().next_back(), right.chars().next())
    else {
        return true;
    };
    let number = first.is_ascii_digit() || (first == '.' && left.len() > 1);
    (is_word(last) && (is_word(next) || next == '"' || next == '\''))
        || (number && (next == '.' || is_word(next)))
}

/// The lines of a text, while they are compared with its tree.
struct Lines<'a> {
    tree: &'a SyntaxTree,
    leaves: &'a [Leaf<'a>],
    /// The bytes at which a leaf that is the first of its line may begin.
    starts: BTreeSet<usize>,
}

impl Lines<'_> {
    fn are_plain(&mut self) -> bool {
        self.block_is_plain(self.tree.root(), None) && self.first_leaves_are_plain()
    }

    /// Checks the statements of a block, of which the line above begins at `outer`.
    fn block_is_plain(&mut self, block: Node<'_>, outer: Option<usize>) -> bool {
        let mut column = outer.is_none().then_some(0);
        let mut statements = block.named().peekable();
        if outer.is_some() && statements.peek().is_none() {
            return false;
        }
        for statement in statements {
            let start = statement.start_byte();
            let own = match self.line_start(start) {
                Some(own) => own,
                None if COMPOUND.contains(&statement.kind()) || statement.kind() == "case_clause" => {
                    return false;
                }
                None if self.follows(start, ";") || (outer.is_some() && self.follows(start, ":")) => {
                    if !self.parts_are_plain(statement, outer.unwrap_or(0)) {
                        return false;
                    }
                    continue;
                }
                None => return false,
            };
            if *column.get_or_insert(own) != own || outer.is_some_and(|outer| own <= outer) {
                return false;
            }
            self.starts.insert(start);
            if !self.parts_are_plain(statement, own) {
                return false;
            }
        }
        true
    }

    /// Checks the parts of a statement whose line begins at `column`.
    fn parts_are_plain(&mut self, node: Node<'_>, column: usize) -> bool {
        node.children().all(|part| {
            let begins = CLAUSES.contains(&part.kind()) || node.kind() == "decorated_definition";
            if begins && !part.is_extra() {
                self.starts.insert(part.start_byte());
                if self.line_start(part.start_byte()) != Some(column) {
                    return false;
                }
            }
            match part.kind() {
                "block" => self.block_is_plain(part, Some(column)),
                "string" => true,
                _ => self.parts_are_plain(part, column),
            }
        })
    }

    /// Returns the column of what begins here, if it is the first of its line and no line is continued to it.
    fn line_start(&self, start: usize) -> Option<usize> {
        let index = self.leaves.partition_point(|leaf| leaf.start < start);
        let leaf = self.leaves.get(index)?;
        let before = self.leaves[..index].last();
        let continued = before.is_some_and(|before| before.kind() == "line_continuation");
        let first = before.is_none_or(|before| before.last_row() < leaf.row());
        (first && !continued).then(|| leaf.column())
    }

    /// Returns whether what begins here follows this leaf.
    fn follows(&self, start: usize, kind: &str) -> bool {
        let index = self.leaves.partition_point(|leaf| leaf.start < start);
        let before = self.leaves[..index].iter().rev().find(|leaf| leaf.kind() != "line_continuation");
        before.is_some_and(|leaf| leaf.kind() == kind)
    }

    /// Checks that lines begin only where statements do, outside of brackets, and that lines are continued as Python does it.
    fn first_leaves_are_plain(&self) -> bool {
        let mut brackets = 0_usize;
        for (index, leaf) in self.leaves.iter().enumerate() {
            match leaf.kind() {
                "comment" => continue,
                "line_continuation" => {
                    if !self.continues(index) {
                        return false;
                    }
                    continue;
                }
                _ => {}
            }
            let first = self.line_start(leaf.start).is_some();
            if first && brackets == 0 && !self.starts.contains(&leaf.start) {
                return false;
            }
            if first && brackets > 0 && self.starts.contains(&leaf.start) {
                return false;
            }
            match leaf.kind() {
                "(" | "[" | "{" => brackets += 1,
                ")" | "]" | "}" => brackets = brackets.saturating_sub(1),
                _ => {}
            }
        }
        brackets == 0
    }

    /// Returns whether the line that this leaf continues has something before it, and so has the next one.
    fn continues(&self, index: usize) -> bool {
        let leaf = &self.leaves[index];
        let before = self.leaves[..index].last().is_some_and(|before| before.last_row() == leaf.row());
        let next = self.leaves.get(index + 1);
        let next = next.filter(|next| !matches!(next.kind(), "comment" | "line_continuation"));
        before && next.is_some_and(|next| next.row() == leaf.row() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_python_reads_otherwise_are_not_plain() {
        let plain = |text: &str| SyntaxTree::parse(text).is_ok_and(|tree| is_plain(&tree));
        for text in [
            "x = 1\n\n\nif x: y = 2; z = 3\nelse:\n  y = 1\n\n  # a comment\n# and one more\n  z = 4\n",
            "x = (1 +\n2)\ny = x \\\n  + 1\n",
            "@a\n@b(1)\nclass C:\n    def f(self):\n        return 'a\\\n b'\n    try:\n        x\n    except E as e:\n        y\n    finally: z\n",
            "def f(\n    a,\nb): return {\n1: 2}\n",
            "match x:\n    case 1: y\n    case [a, *b] if a:\n        z\n",
            "async def f():\n    async with a as b, c: await d\n    return f'{a}' f\"{b!r:>{c}}\"",
            "",
        ] {
            assert!(plain(text), "{text}");
        }
        for text in [
            "x =\n1\n",
            "  x = 1\n",
            "if x:\n\ty\n",
            "if x:\n  y\n z\n",
            "if x:\ny\n",
            "x = 1.real\n",
            "x = 1if y else 2\n",
            "x = \u{200b}1\n",
            "x = 1\r\ny = 2\n",
            "# -*- coding: latin-1 -*-\nx = 1\n",
            "print >>f, 1\n",
            "print 1\n",
            "x = 1 \\\n\ny = 2\n",
            "\\\nx = 1\n",
        ] {
            assert!(!plain(text), "{text:?}");
        }
    }
}
