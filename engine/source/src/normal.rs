//! The normal form of a text: what is left of it without the names of its local variables, comments and layout.
//!
//! Two texts with the same normal form are the same program: they have the same tokens, ends of lines and levels of indentation for Python, and
//! differ only in the names of local variables that nothing can observe. A variable is renamed only if it is bound in a function, a
//! lambda or a comprehension, is no parameter, is surely bound wherever it is read, and occurs in no `global`, `nonlocal`, `del`, `except … as`,
//! pattern, annotation, class body, assignment expression, import, or `{…=}` of a formatted text. Where a program may see its own text or names,
//! or where its layout is not plainly that of its tree, the normal form is the text itself, byte by byte.
//!
//! Two such programs may differ in the work of reading the text, in addresses of objects, and in the lines that an uncaught
//! error is reported with.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::Node;
use hyperspace_core::digest::derive;

use crate::flow::BoundCheck;
use crate::layout::is_plain;
use crate::names::Names;
use crate::reflection::{reading_word, reads_docstrings};
use crate::tree::{ParseError, SyntaxTree};

/// Variables of the longest text in which they are renamed.
const VARIABLES_MAX: usize = 4_096;

/// A part of a normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    /// A token as it stands in the text.
    Text(&'t str),
    /// A local variable, numbered by its first occurrence.
    Local(usize),
    /// The end of a statement.
    End,
    /// The beginning of a block.
    Indent,
    /// The end of a block.
    Dedent,
}

/// The reason why a normal form is the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExactReason {
    /// The text has no tree.
    #[error(transparent)]
    NotParsed(#[from] ParseError),
    /// Python may read the layout in another way than the parser.
    #[error("its layout is not plain Python")]
    Layout,
    /// The program may see its own text or names.
    #[error("`{0}` lets it see its own text or names")]
    SeesItself(String),
}

/// The normal form of a text. Two of them are equal if their digests are.
#[derive(Debug, Clone)]
pub struct NormalForm {
    digest: [u8; 32],
    exact: Option<ExactReason>,
    reads_docstrings: bool,
}

impl NormalForm {
    /// Returns the normal form of a text. With `docstrings`, the first text of a module, class or function belongs to it.
    #[must_use]
    pub fn of(text: &str, docstrings: bool) -> Self {
        let exact = |reason| Self {
            digest: derive("hyperspace v1 exact source", &[text.as_bytes()]),
            exact: Some(reason),
            reads_docstrings: true,
        };
        let tree = match SyntaxTree::parse(text) {
            Ok(tree) => tree,
            Err(error) => return exact(error.into()),
        };
        if !is_plain(&tree) {
            return exact(ExactReason::Layout);
        }
        if let Some(word) = reading_word(&tree) {
            return exact(ExactReason::SeesItself(word));
        }
        let mut bytes = Vec::with_capacity(text.len());
        for token in tokens(&tree, docstrings) {
            encode(&token, &mut bytes);
        }
        let reads_docstrings = reads_docstrings(&tree);
        Self { digest: derive("hyperspace v1 normal source", &[&bytes]), exact: None, reads_docstrings }
    }

    /// Returns the digest.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Returns the reason why it is the text itself; `None` if it is not.
    #[must_use]
    pub fn exact(&self) -> Option<&ExactReason> {
        self.exact.as_ref()
    }

    /// Returns whether the program may read docstrings, its own or those of others.
    #[must_use]
    pub fn reads_docstrings(&self) -> bool {
        self.reads_docstrings
    }
}

impl PartialEq for NormalForm {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for NormalForm {}

/// Appends a token with its kind and length, so that no two sequences have the same bytes.
fn encode(token: &Token<'_>, bytes: &mut Vec<u8>) {
    let mut put = |kind: u8, number: usize, text: &str| {
        bytes.push(kind);
        bytes.extend((number as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    match token {
        Token::Text(text) => put(b't', text.len(), text),
        Token::Local(number) => put(b'v', *number, ""),
        Token::End => put(b'e', 0, ""),
        Token::Indent => put(b'i', 0, ""),
        Token::Dedent => put(b'd', 0, ""),
    }
}

/// Returns the tokens of a tree.
pub(crate) fn tokens(tree: &SyntaxTree, docstrings: bool) -> Vec<Token<'_>> {
    let mut writer = Writer {
        tree,
        docstrings,
        locals: locals(tree, &Names::of(tree)),
        numbers: BTreeMap::new(),
        tokens: Vec::new(),
    };
    writer.block(tree.root());
    writer.tokens
}

/// Returns the variables that may be renamed: the first byte of each occurrence, and the number of the variable.
pub(crate) fn locals(tree: &SyntaxTree, names: &Names<'_>) -> BTreeMap<usize, usize> {
    let scopes = &names.scopes;
    let mut numbers: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, (scope, name)) in &scopes.occurrences {
        if !name.is_ascii() {
            // Python reads letters that look alike as the same letter.
            return BTreeMap::new();
        }
        if let Some(owner) = scopes.local(*scope, name) {
            let next = numbers.len();
            found.insert(*at, *numbers.entry((owner, name)).or_insert(next));
        }
    }
    if numbers.len() > VARIABLES_MAX {
        return BTreeMap::new();
    }
    let variable = |at: usize| found.get(&at).copied();
    let mut check = BoundCheck { variable: &variable, unsure: BTreeSet::new() };
    check.check(&names.steps, numbers.len());
    let mut pinned = check.unsure;
    let pins = scopes.pins.iter();
    pinned.extend(pins.filter_map(|(scope, name)| numbers.get(&(scopes.local(*scope, name)?, *name))));
    pinned.extend(verbatim_names(tree).into_iter().filter_map(variable));
    found.retain(|_, number| !pinned.contains(number));
    found
}

/// Returns the first bytes of names in formatted texts that are taken as they stand.
fn verbatim_names(tree: &SyntaxTree) -> Vec<usize> {
    let mut found = Vec::new();
    let mut nodes = tree.root().preorder();
    while let Some(node) = nodes.next() {
        if node.kind() == "string" && !is_readable(tree, node) {
            let names = node.preorder().filter(|one| one.kind() == "identifier");
            found.extend(names.map(Node::start_byte));
            nodes.skip_below();
        }
    }
    found
}

/// Returns whether a text literal is taken apart: it has expressions, and nothing of them is to be seen in its value but their values.
fn is_readable(tree: &SyntaxTree, string: Node<'_>) -> bool {
    let interpolations = || string.children().filter(|part| part.kind() == "interpolation");
    let start = string.children().next().map(|start| tree.text_of(start)).unwrap_or_default();
    let shows =
        |kind| matches!(kind, "=" | "string" | "format_expression" | "lambda" | "named_expression" | "yield");
    let simple = interpolations().all(|part| {
        !tree.text_of(part).contains(['\n', '\\', '#', '"', '\''])
            && !part.preorder().any(|one| shows(one.kind()))
    });
    interpolations().next().is_some() && simple && !start.contains(['t', 'T'])
}

struct Writer<'t> {
    tree: &'t SyntaxTree,
    docstrings: bool,
    locals: BTreeMap<usize, usize>,
    /// Numbers of variables in the order of their first occurrence.
    numbers: BTreeMap<usize, usize>,
    tokens: Vec<Token<'t>>,
}

impl<'t> Writer<'t> {
    /// Writes the statements of a module or block.
    fn block(&mut self, block: Node<'t>) {
        let mut statements: Vec<Node<'t>> = block.named().collect();
        let documented = matches!(
            block.parent().map(|parent| parent.kind()),
            None | Some("function_definition" | "class_definition")
        );
        if documented && !self.docstrings && statements.first().is_some_and(|first| self.is_docstring(*first))
        {
            statements.remove(0);
            if statements.is_empty() && block.parent().is_some() {
                self.tokens.extend([Token::Text("pass"), Token::End]);
            }
        }
        for statement in statements {
            self.node(statement);
            self.tokens.push(Token::End);
        }
    }

    /// Returns whether a statement is a docstring that Python reads without a question.
    fn is_docstring(&self, statement: Node<'t>) -> bool {
        let mut parts = statement.named();
        let (Some(string), None) = (parts.next(), parts.next()) else { return false };
        let start = string.children().next().map(|start| self.tree.text_of(start)).unwrap_or_default();
        statement.kind() == "expression_statement"
            && statement.children().filter(|part| !part.is_extra()).count() == 1
            && string.kind() == "string"
            && start.chars().all(|c| matches!(c, '"' | '\''))
            && !self.tree.text_of(string).contains('\\')
    }

    fn node(&mut self, node: Node<'t>) {
        match node.kind() {
            _ if node.is_extra() => {}
            "block" => {
                self.tokens.push(Token::Indent);
                self.block(node);
                self.tokens.push(Token::Dedent);
            }
            "string" if is_readable(self.tree, node) => self.string(node),
            "string" => self.tokens.push(Token::Text(self.tree.text_of(node))),
            // Two words, with whatever is between them.
            kind @ ("is not" | "not in") => {
                self.tokens.push(Token::Text(if kind == "is not" { "is not" } else { "not in" }))
            }
            _ if !node.is_leaf() => {
                node.children().for_each(|part| self.node(part));
                // A decorator ends its line, so that `@a` and `@b` are not `@a @ b`.
                self.tokens.extend((node.kind() == "decorator").then_some(Token::End));
            }
            _ => self.leaf(node),
        }
    }

    fn leaf(&mut self, node: Node<'t>) {
        let at = node.start_byte();
        let token = match self.locals.get(&at) {
            Some(variable) => {
                let next = self.numbers.len();
                Token::Local(*self.numbers.entry(*variable).or_insert(next))
            }
            None => Token::Text(self.tree.text_of(node)),
        };
        if !node.byte_range().is_empty() {
            self.tokens.push(token);
        }
    }

    /// Writes a formatted text: what is between expressions as it stands.
    fn string(&mut self, string: Node<'t>) {
        let mut end = string.start_byte();
        for part in string.children().filter(|part| part.kind() == "interpolation") {
            self.tokens.push(Token::Text(self.tree.slice(end..part.start_byte())));
            end = part.start_byte();
            for inner in part.children() {
                if matches!(inner.kind(), "type_conversion" | "format_specifier" | "}") {
                    break;
                }
                self.node(inner);
                end = inner.end_byte();
            }
            // Spaces before a conversion, a format or the end belong to the layout.
            let rest = self.tree.slice(end..part.end_byte());
            end = part.end_byte() - rest.trim_start_matches(' ').len();
            self.tokens.push(Token::Text(self.tree.slice(end..part.end_byte())));
            end = part.end_byte();
        }
        self.tokens.push(Token::Text(self.tree.slice(end..string.end_byte())));
    }
}
