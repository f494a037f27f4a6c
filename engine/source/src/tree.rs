//! A parsed text.

use std::ops::{ControlFlow, Range};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::node::{DEPTH_MAX, GRAMMAR, Node, NodeList, TooDeep};

/// Bytes of the largest text that is parsed.
const BYTES_MAX: usize = 256 << 10;

/// Rounds of the parser's work, of 100 steps each, that any text may take. Others may take one more for each four bytes, some ten times
/// of what programs need: looking for a way to read a text that is none takes far more.
const ROUNDS_MIN: usize = 1_000;

/// A text without a syntax tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The text is longer than the parser reads.
    #[error("{bytes} bytes of source: at most {BYTES_MAX} are parsed")]
    TooLong {
        /// Bytes of the text.
        bytes: usize,
    },
    /// The text is nested more deeply than is looked at.
    #[error("line {line} is nested more than {DEPTH_MAX} levels deep")]
    TooDeep {
        /// Line of the first node that is, from 1.
        line: usize,
    },
    /// The text takes more work than it should: no text that is Python does.
    #[error("its {bytes} bytes take more steps than Python of that length")]
    TooManySteps {
        /// Bytes of the text.
        bytes: usize,
    },
    /// The text is not Python.
    #[error("line {line} is not Python")]
    Syntax {
        /// Line of the first error, from 1.
        line: usize,
    },
}

/// The syntax tree of a Python text.
#[derive(Debug)]
pub struct SyntaxTree {
    text: String,
    list: NodeList,
}

impl SyntaxTree {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// A text of more than 256 KiB, one of more than 500 levels, one on which the parser works too long, or one that is not Python.
    ///
    /// # Panics
    ///
    /// When the grammar does not fit the parser, which a test of this crate excludes.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > BYTES_MAX {
            return Err(ParseError::TooLong { bytes: text.len() });
        }
        let mut parser = Parser::new();
        parser.set_language(&GRAMMAR).expect("the grammar fits the parser");
        // Steps are counted and not timed, so that the same text has the same end on every machine.
        let (mut rounds, most) = (0, ROUNDS_MIN + text.len() / 4);
        let mut progress = |_: &ParseState| {
            rounds += 1;
            if rounds > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let bytes = text.as_bytes();
        let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
        let Some(tree) = parser.parse_with_options(&mut read, None, Some(options)) else {
            return Err(ParseError::TooManySteps { bytes: text.len() });
        };
        if let Some(line) = first_error(&tree) {
            return Err(ParseError::Syntax { line });
        }
        let list = NodeList::of(&tree).map_err(|TooDeep { row }| ParseError::TooDeep { line: row + 1 })?;
        Ok(Self { text: text.to_owned(), list })
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of nodes, anonymous ones (keywords and operators) left out.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.root().preorder().filter(|node| node.is_named()).count()
    }

    /// Returns the root.
    pub(crate) fn root(&self) -> Node<'_> {
        self.list.root()
    }

    /// Returns the text of a node.
    pub(crate) fn text_of(&self, node: Node<'_>) -> &str {
        self.slice(node.byte_range())
    }

    /// Returns a part of the text; nothing where it is no part.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}

/// Returns the line of the first error or missing token.
fn first_error(tree: &Tree) -> Option<usize> {
    if !tree.root_node().has_error() {
        return None;
    }
    let mut node = tree.root_node();
    'down: loop {
        if node.is_error() || node.is_missing() {
            return Some(node.start_position().row + 1);
        }
        for child in node.children(&mut node.walk()).collect::<Vec<_>>() {
            if child.has_error() {
                node = child;
                continue 'down;
            }
        }
        return Some(node.start_position().row + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_comments_are_not_in_the_number_of_nodes_that_code_has() {
        let nodes = |text| SyntaxTree::parse(text).expect("Python").nodes();
        assert_eq!(nodes("x=1"), nodes("x  =  1\n\n"));
        assert!(nodes("x = 1 + 2") > nodes("x = 1"));
    }

    #[test]
    fn an_error_names_its_line() {
        let error = SyntaxTree::parse("x = 1\ndef f(:\n    pass\n").expect_err("not Python");
        assert_eq!(error, ParseError::Syntax { line: 2 });
    }

    #[test]
    fn a_text_beyond_the_limits_is_refused() {
        let error = SyntaxTree::parse(&" ".repeat(BYTES_MAX + 1)).expect_err("too long");
        assert_eq!(error, ParseError::TooLong { bytes: BYTES_MAX + 1 });
        let deep = format!("x = 1\ny = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(SyntaxTree::parse(&deep).expect_err("too deep"), ParseError::TooDeep { line: 2 });
        // Text that is no Python at all ends within the bound on steps, one way or the other.
        for junk in ["((((((", "f'{", "def ", "x = [\n", "\u{1}\u{2}"] {
            assert!(SyntaxTree::parse(&junk.repeat(10_000)).is_err(), "{junk}");
        }
        let chain = format!("x = {}1\n", "1 + ".repeat(400));
        assert!(SyntaxTree::parse(&chain).is_ok());
    }
}
