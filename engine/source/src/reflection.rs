//! Words by which a program can see its own text, the names of its variables, or the lines that it is executed on.
//!
//! Such a program may depend on what a normal form leaves out. The list is one of words, and a word counts wherever it stands: a program
//! that puts a name together at run time is found by the call that looks such names up.

use crate::node::Node;

use crate::tree::SyntaxTree;

/// Names that count wherever they occur, also as attributes and within text literals.
const NAMES: [&str; 34] = [
    "__annotations__",
    "__builtins__",
    "__closure__",
    "__code__",
    "__debug__",
    "__dict__",
    "__file__",
    "__getattribute__",
    "__globals__",
    "__import__",
    "__loader__",
    "__spec__",
    "__traceback__",
    "__getattr__",
    "_current_frames",
    "_getframe",
    "_getframemodulename",
    "call_tracing",
    "co_code",
    "co_consts",
    "co_firstlineno",
    "co_lines",
    "co_names",
    "co_varnames",
    "exc_info",
    "f_back",
    "f_code",
    "f_lineno",
    "f_locals",
    "gi_frame",
    "setprofile",
    "settrace",
    "tb_lineno",
    "with_traceback",
];
/// Functions that count when they are not an attribute of something.
const FUNCTIONS: [&str; 11] =
    ["breakpoint", "compile", "delattr", "dir", "eval", "exec", "globals", "help", "locals", "open", "vars"];
/// Attributes that read files, or frames by another way.
const ATTRIBUTES: [&str; 19] = [
    "addaudithook",
    "attrgetter",
    "cr_frame",
    "ag_frame",
    "eval",
    "exec",
    "exec_module",
    "get_data",
    "get_source",
    "getsource",
    "gi_code",
    "import_module",
    "methodcaller",
    "monitoring",
    "open",
    "query",
    "read_bytes",
    "read_text",
    "tb_frame",
];
/// Modules that count when they are imported, with what is in them.
const MODULES: [&str; 42] = [
    "_ast",
    "_frozen_importlib",
    "_io",
    "_pyrepl",
    "_tracemalloc",
    "ast",
    "atexit",
    "bdb",
    "builtins",
    "cProfile",
    "code",
    "codeop",
    "ctypes",
    "dis",
    "doctest",
    "faulthandler",
    "fileinput",
    "gc",
    "importlib",
    "inspect",
    "io",
    "linecache",
    "logging",
    "mmap",
    "opcode",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pkgutil",
    "posix",
    "profile",
    "pydoc",
    "runpy",
    "shutil",
    "symtable",
    "tokenize",
    "trace",
    "traceback",
    "tracemalloc",
    "warnings",
    "zipimport",
];
/// Functions that look an attribute up by a text.
const LOOKUPS: [&str; 2] = ["getattr", "setattr"];

/// Returns a word by which the program may see what a normal form leaves out.
pub(crate) fn reading_word(tree: &SyntaxTree) -> Option<String> {
    tree.root().preorder().find_map(|node| word_at(tree, node))
}

/// Returns whether a docstring may be read: the text names `__doc__` or what reads it.
pub(crate) fn reads_docstrings(tree: &SyntaxTree) -> bool {
    let words = ["__doc__", "getdoc", "argparse", "unittest", "wraps", "update_wrapper"];
    tree.root().preorder().any(|node| {
        let text = || tree.text_of(node);
        match node.kind() {
            "identifier" => words.contains(&text()),
            "string_content" => text().contains("__doc__"),
            _ => false,
        }
    })
}

/// Returns whether bytes that are not read as Python contain a word by which a program may see itself.
#[must_use]
pub fn mentions_reflection(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.any(|word| {
        let word = &word;
        NAMES.contains(word)
            || FUNCTIONS.contains(word)
            || ATTRIBUTES.contains(word)
            || MODULES.contains(word)
    })
}

/// Returns whether bytes contain a word by which a program may read the text of another one: a file, a docstring, or the tree of a text.
#[must_use]
pub fn reads_source(bytes: &[u8]) -> bool {
    const WORDS: [&str; 16] = [
        "__code__",
        "__doc__",
        "ast",
        "compile",
        "getdoc",
        "getsource",
        "getsourcelines",
        "inspect",
        "linecache",
        "open",
        "read",
        "read_bytes",
        "read_text",
        "readlines",
        "subprocess",
        "tokenize",
    ];
    let text = String::from_utf8_lossy(bytes);
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| WORDS.contains(&word))
}

fn word_at(tree: &SyntaxTree, node: Node<'_>) -> Option<String> {
    let text = || tree.text_of(node);
    let is = |words: &[&str]| words.contains(&text()).then(|| text().to_owned());
    match node.kind() {
        "identifier" => is(&NAMES).or_else(|| match use_of(node) {
            Use::Attribute => is(&ATTRIBUTES),
            Use::Module => {
                is(&MODULES).or_else(|| is(&FUNCTIONS)).or_else(|| is(&ATTRIBUTES)).or_else(|| is(&LOOKUPS))
            }
            Use::Label => None,
            Use::Variable => is(&FUNCTIONS).or_else(|| is(&ATTRIBUTES)).or_else(|| looks_up(tree, node)),
        }),
        "string_content" => NAMES.iter().find(|name| text().contains(**name)).map(|name| (*name).to_owned()),
        // `from x import *` brings names that are not to be seen here.
        "wildcard_import" => Some("import *".to_owned()),
        _ => None,
    }
}

/// The part that a name plays.
enum Use {
    Attribute,
    Module,
    Label,
    Variable,
}

fn use_of(node: Node<'_>) -> Use {
    let Some(parent) = node.parent() else { return Use::Variable };
    let is_field = |name| parent.field(name) == Some(node);
    match parent.kind() {
        "attribute" if is_field("attribute") => Use::Attribute,
        "keyword_argument" if is_field("name") => Use::Label,
        "dotted_name" => Use::Module,
        _ => Use::Variable,
    }
}

/// Returns the name of a function that looks attributes up, unless it is called with the attribute's name as a plain text.
fn looks_up(tree: &SyntaxTree, node: Node<'_>) -> Option<String> {
    let name = tree.text_of(node);
    if !LOOKUPS.contains(&name) {
        return None;
    }
    let call = node.parent().filter(|parent| parent.kind() == "call");
    let arguments = call.and_then(|call| call.field("arguments")).map(|arguments| arguments.named());
    let plain = arguments.clone().and_then(|mut arguments| arguments.nth(1)).is_some_and(|second| {
        second.kind() == "string" && second.children().all(|part| part.kind() != "interpolation")
    });
    let starred = arguments.into_iter().flatten().any(|one| one.kind().ends_with("_splat"));
    (!plain || starred).then(|| name.to_owned())
}
