//! Measures of a text: size, complexity, nesting, dead code, copies.

use crate::node::Node;
use serde::Serialize;

use crate::copies::copied_nodes;
use crate::dead::DeadCode;
use crate::layout::COMPOUND;
use crate::leaves::{Leaf, leaves};
use crate::names::Names;
use crate::tree::SyntaxTree;

/// Nodes that are a decision each.
const DECISIONS: [&str; 11] = [
    "if_statement",
    "elif_clause",
    "for_statement",
    "while_statement",
    "except_clause",
    "case_clause",
    "conditional_expression",
    "boolean_operator",
    "assert_statement",
    "for_in_clause",
    "if_clause",
];

/// Measures of a Python text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CodeMeasures {
    /// Bytes.
    pub bytes: usize,
    /// Lines.
    pub lines: usize,
    /// Lines that are neither empty nor a comment alone.
    pub code_lines: usize,
    /// Names, numbers, texts, keywords and operators.
    pub tokens: usize,
    /// Nodes of the syntax tree, keywords and operators left out.
    pub nodes: usize,
    /// Functions and methods; lambdas are none.
    pub functions: usize,
    /// Cyclomatic complexity of the whole text: one for the module and each function, and one for each decision, which are `if`, `elif`, `for`,
    /// `while`, `except`, `case`, `assert`, a conditional expression, `and`, `or`, and each `for` and `if` of a comprehension. By McCabe 1976, "A
    /// complexity measure", it is the number of decisions plus one; operators of conditions are counted as Myers 1977 extends it.
    pub complexity: usize,
    /// Statements with a block around the innermost one, of all statements the most.
    pub depth: usize,
    /// Statements that are never reached, and definitions that nothing names.
    pub dead: DeadCode,
    /// Nodes of subtrees that are equal to an earlier one, names of local variables aside.
    pub copied_nodes: usize,
}

impl CodeMeasures {
    /// Measures a text.
    #[must_use]
    pub fn of(tree: &SyntaxTree) -> Self {
        let (text, names) = (tree.text(), Names::of(tree));
        let leaves: Vec<Leaf<'_>> = leaves(tree).into_iter().filter(|leaf| !leaf.node.is_extra()).collect();
        Self {
            bytes: text.len(),
            lines: text.lines().count(),
            code_lines: code_lines(text, &leaves),
            tokens: leaves.len(),
            nodes: tree.nodes(),
            functions: tree.root().preorder().filter(|node| node.kind() == "function_definition").count(),
            complexity: complexity(tree),
            depth: depth(tree.root()),
            dead: DeadCode::by(tree, &names),
            copied_nodes: copied_nodes(tree, &names),
        }
    }
}

/// Returns the cyclomatic complexity of a whole text, as [`CodeMeasures::complexity`] has it.
#[must_use]
pub fn complexity(tree: &SyntaxTree) -> usize {
    let counts = |kind| kind == "function_definition" || DECISIONS.contains(&kind);
    1 + tree.root().preorder().filter(|node| counts(node.kind())).count()
}

/// Counts the lines on which something of the code stands.
fn code_lines(text: &str, leaves: &[Leaf<'_>]) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let mut next = 0;
    let mut count = 0;
    for leaf in leaves {
        let (first, last) = (leaf.row().max(next), leaf.last_row());
        // A text over several lines may have empty ones.
        let own = lines.get(first..(last + 1).min(lines.len())).unwrap_or_default();
        count += own.iter().filter(|line| !line.trim().is_empty()).count();
        next = next.max(last + 1);
    }
    count
}

fn depth(node: Node<'_>) -> usize {
    let below = node.children().filter(|part| part.is_named()).map(depth).max().unwrap_or(0);
    // A decorated definition is one statement.
    let counts = COMPOUND.contains(&node.kind()) && node.kind() != "decorated_definition";
    below + usize::from(counts && node.named().any(|part| part.kind() == "block"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> CodeMeasures {
        CodeMeasures::of(&SyntaxTree::parse(text).expect("Python"))
    }

    #[test]
    fn strings_and_comments_are_no_code() {
        let text = "# if for while\nNAME = 'if \\' for'\n\ndef grade(x):\n    \"\"\"If this\n    and that.\n    \"\"\"\n    if x and x > 1:\n        return [y for y in x]\n    return None\n";
        let found = measured(text);
        assert_eq!((found.lines, found.code_lines, found.functions), (10, 8, 1));
        // The module, the function, if, and, for.
        assert_eq!((found.complexity, found.depth), (5, 2));
        let empty = measured("");
        assert_eq!((empty.complexity, empty.nodes, empty.depth, empty.tokens), (1, 1, 0, 0));
    }

    #[test]
    fn every_decision_counts_once() {
        let complexity = |text: &str| measured(text).complexity - 1;
        for (text, expected) in [
            ("if a:\n    b\nelif c:\n    d\nelse:\n    e\n", 2),
            ("for a in b:\n    c\nelse:\n    d\n", 1),
            ("while a and b or c:\n    d\n", 3),
            ("try:\n    a\nexcept B:\n    c\nexcept D:\n    e\nfinally:\n    f\n", 2),
            ("match a:\n    case 1:\n        b\n    case _ if c:\n        d\n", 3),
            ("a = b if c else d\n", 1),
            ("[a for b in c if d if e]\n", 3),
            ("assert a, b\n", 1),
            ("def f():\n    pass\nclass C:\n    def g(self):\n        pass\n", 2),
            ("x = lambda: 1\n", 0),
        ] {
            assert_eq!(complexity(text), expected, "{text}");
        }
    }

    #[test]
    fn nesting_is_counted_in_statements() {
        assert_eq!(measured("x = ((((1))))\n").depth, 0);
        assert_eq!(measured("class C:\n  @a\n  def f(self):\n    with a:\n      b\n").depth, 3);
        assert_eq!(measured("if a:\n  b\nelse:\n  for c in d:\n    e\n").depth, 2);
    }
}
