//! A parsed text.

use tree_sitter::{Parser, Tree};

/// Bytes of the largest text that is parsed.
const BYTES_MAX: usize = 4 << 20;

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
    tree: Tree,
}

impl SyntaxTree {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// A text of more than 4 MiB, or one that is not Python.
    ///
    /// # Panics
    ///
    /// When the grammar does not fit the parser, which a test of this crate excludes.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > BYTES_MAX {
            return Err(ParseError::TooLong { bytes: text.len() });
        }
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_python::LANGUAGE.into()).expect("the grammar fits the parser");
        let tree = parser.parse(text, None).expect("a parser with a language and no time limit answers");
        match first_error(&tree) {
            Some(line) => Err(ParseError::Syntax { line }),
            None => Ok(Self { tree }),
        }
    }

    /// Returns the number of nodes, anonymous ones (keywords and operators) left out.
    #[must_use]
    pub fn nodes(&self) -> usize {
        let mut cursor = self.tree.walk();
        let mut nodes = 0;
        loop {
            nodes += usize::from(cursor.node().is_named());
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return nodes;
                }
            }
        }
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
        for child in 0..node.child_count() {
            let child = node.child(child)?;
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
    fn a_text_beyond_the_limit_is_refused() {
        let error = SyntaxTree::parse(&" ".repeat(BYTES_MAX + 1)).expect_err("too long");
        assert_eq!(error, ParseError::TooLong { bytes: BYTES_MAX + 1 });
    }
}
