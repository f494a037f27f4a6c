//! Normal forms: what keeps them, what changes them, and what must never be taken for the same program.

use hyperspace_source::{ExactReason, NormalForm};
use proptest::prelude::*;

fn form(text: &str) -> NormalForm {
    NormalForm::of(text, false)
}

fn same(one: &str, other: &str) -> bool {
    form(one) == form(other)
}

#[test]
fn names_of_locals_comments_layout_and_docstrings_are_no_part_of_it() {
    for (one, other) in [
        ("def f(x):\n    a = x\n    return a\n", "def f( x ):\n  b = x # b\n\n  return b\n"),
        ("x = [i for i in y]\n", "x = [j for j in y]\n"),
        ("x = (1 +\n     2)\n", "x = (1 + 2)\n"),
        ("x = 1 \\\n  + 2\n", "x = 1 + 2\n"),
        ("if a: b; c\n", "if a:\n    b\n    c\n"),
        ("def f():\n    'doc'\n    return 1\n", "def f():\n    return 1\n"),
        ("def f():\n    'doc'\n", "def f():\n    pass\n"),
        (
            "def f():\n    for a, (b, *c) in x:\n        y(a, b, c)\n",
            "def f():\n    for d, (e, *g) in x:\n        y(d, e, g)\n",
        ),
        (
            "def f():\n    a = 1\n    def g():\n        return a\n    return g\n",
            "def f():\n    b = 1\n    def g():\n        return b\n    return g\n",
        ),
        (
            "def f():\n    a = 1\n    return f'{a} {a!r:>4}'\n",
            "def f():\n    b = 1\n    return f'{ b } {b !r:>4}'\n",
        ),
        (
            "def f(x):\n    try:\n        a = x()\n    except E:\n        a = 0\n    return a\n",
            "def f(x):\n    try:\n        b = x()\n    except E:\n        b = 0\n    return b\n",
        ),
        (
            "def f(x):\n    if x:\n        a = 1\n    else:\n        return 0\n    return a\n",
            "def f(x):\n    if x:\n        b = 1\n    else:\n        return 0\n    return b\n",
        ),
        (
            "def f(x):\n    a = b = x\n    a += b\n    return a\n",
            "def f(x):\n    c = d = x\n    c += d\n    return c\n",
        ),
        ("f = lambda x: [y for y in x]\n", "f = lambda x: [z for z in x]\n"),
        (
            "class C:\n    def f(self):\n        a = self.b\n        return a\n",
            "class C:\n    def f(self):\n        c = self.b\n        return c\n",
        ),
        ("x = a is  not b\n", "x = a is not b\n"),
    ] {
        assert!(same(one, other), "{one}\n{other}\n{:?}", form(one).exact());
        assert_eq!(form(one).exact(), None, "{one}");
    }
}

/// Pairs that do different things, or may. Most differ only in a name, a comment, spaces or a docstring.
const DIFFERENT: &[(&str, &str)] = &[
    // Constants, operators, order, indentation.
    ("x = 1\n", "x = 2\n"),
    ("x = 'a'\n", "x = 'b'\n"),
    ("x = 'a '\n", "x = 'a  '\n"),
    ("x = '''a\nb'''\n", "x = '''a\n b'''\n"),
    ("x = '# a'\n", "x = '# b'\n"),
    ("x = 1 + 2\n", "x = 1 - 2\n"),
    ("x = 1\ny = 2\n", "y = 2\nx = 1\n"),
    ("if a:\n    b\n    c\n", "if a:\n    b\nc\n"),
    ("for a in b:\n    c\nelse:\n    d\n", "for a in b:\n    c\nd\n"),
    ("if a:\n    if b:\n        c\n    else:\n        d\n", "if a:\n    if b:\n        c\nelse:\n    d\n"),
    ("x = a[1:]\n", "x = a[:1]\n"),
    ("x = (1)\n", "x = (1,)\n"),
    ("x = a is not b\n", "x = a is (not b)\n"),
    ("x = b'a'\n", "x = 'a'\n"),
    ("x = r'\\n'\n", "x = '\\n'\n"),
    // Names that others see.
    ("a = 1\n", "b = 1\n"),
    ("def f(a):\n    return a\n", "def f(b):\n    return b\n"),
    ("def f(*, a=1):\n    return a\n", "def f(*, b=1):\n    return b\n"),
    ("def f(*a):\n    return a\n", "def f(*b):\n    return b\n"),
    ("f = lambda a: a\n", "f = lambda b: b\n"),
    (
        "def f():\n    def a():\n        pass\n    return a\n",
        "def f():\n    def b():\n        pass\n    return b\n",
    ),
    ("class C:\n    a = 1\n", "class C:\n    b = 1\n"),
    (
        "def f():\n    class C:\n        a = 1\n    return C\n",
        "def f():\n    class C:\n        b = 1\n    return C\n",
    ),
    ("def f(x):\n    return x.a\n", "def f(x):\n    return x.b\n"),
    ("def f(x):\n    a = 1\n    return x(a=a)\n", "def f(x):\n    b = 1\n    return x(b=b)\n"),
    ("def f():\n    import a\n    return a\n", "def f():\n    import b\n    return b\n"),
    ("def f():\n    global a\n    a = 1\n", "def f():\n    global b\n    b = 1\n"),
    ("def f(x: a):\n    pass\n", "def f(x: b):\n    pass\n"),
    // Names that the program sees itself.
    ("def f():\n    a = 1\n    return locals()\n", "def f():\n    b = 1\n    return locals()\n"),
    ("def f():\n    a = 1\n    return eval('a')\n", "def f():\n    b = 1\n    return eval('a')\n"),
    ("def f():\n    a = 1\n    return vars()\n", "def f():\n    b = 1\n    return vars()\n"),
    ("def f():\n    a = 1\n    return dir()\n", "def f():\n    b = 1\n    return dir()\n"),
    ("def f():\n    a = 1\n    return f'{a=}'\n", "def f():\n    b = 1\n    return f'{b=}'\n"),
    ("def f(a):\n    return f'{a:=5}'\n", "def f(a):\n    return f'{a:= 5}'\n"),
    ("def f(a):\n    return f'{a:>5}'\n", "def f(a):\n    return f'{a: >5}'\n"),
    ("def f(a):\n    return f'{a = }'\n", "def f(a):\n    return f'{a=}'\n"),
    (
        "def f():\n    a = 1\n    return f.__code__.co_varnames\n",
        "def f():\n    b = 1\n    return f.__code__.co_varnames\n",
    ),
    ("def f():\n    a = 1\n    return getattr(f, X)\n", "def f():\n    b = 1\n    return getattr(f, X)\n"),
    (
        "def f():\n    a = 1\n    return getattr(f, '__code__')\n",
        "def f():\n    b = 1\n    return getattr(f, '__code__')\n",
    ),
    (
        "import sys\ndef f():\n    a = 1\n    return sys._getframe().f_locals\n",
        "import sys\ndef f():\n    b = 1\n    return sys._getframe().f_locals\n",
    ),
    (
        "from m import *\ndef f():\n    a = 1\n    return g()\n",
        "from m import *\ndef f():\n    b = 1\n    return g()\n",
    ),
    ("x = open(__file__).read()\n", "x = open(__file__).read()  # a\n"),
    ("import inspect\n", "import inspect  # a\n"),
    ("import traceback as t\n", "\nimport traceback as t\n"),
    // Errors that name a variable.
    (
        "def f():\n    if x:\n        a = 1\n    return a\n",
        "def f():\n    if x:\n        b = 1\n    return b\n",
    ),
    (
        "def f():\n    for a in x:\n        pass\n    return a\n",
        "def f():\n    for b in x:\n        pass\n    return b\n",
    ),
    ("def f():\n    y = a\n    a = 1\n    return y\n", "def f():\n    y = b\n    b = 1\n    return y\n"),
    ("def f():\n    a = 1\n    del a\n    return a\n", "def f():\n    b = 1\n    del b\n    return b\n"),
    (
        "def f():\n    try:\n        g()\n    except E as a:\n        pass\n    return a\n",
        "def f():\n    try:\n        g()\n    except E as b:\n        pass\n    return b\n",
    ),
    (
        "def f():\n    with x:\n        a = 1\n    return a\n",
        "def f():\n    with x:\n        b = 1\n    return b\n",
    ),
    (
        "def f():\n    def g():\n        return a\n    g()\n    a = 1\n",
        "def f():\n    def g():\n        return b\n    g()\n    b = 1\n",
    ),
    (
        "def f():\n    try:\n        g()\n        a = 1\n    except E:\n        return a\n",
        "def f():\n    try:\n        g()\n        b = 1\n    except E:\n        return b\n",
    ),
    ("x = [a for b in a for a in b]\n", "x = [c for b in c for c in b]\n"),
    ("def f():\n    a: int\n    return a\n", "def f():\n    b: int\n    return b\n"),
    ("def f():\n    return [(a := x) for x in y], a\n", "def f():\n    return [(b := x) for x in y], b\n"),
    (
        "def f(x):\n    match x:\n        case [a]:\n            pass\n    return a\n",
        "def f(x):\n    match x:\n        case [b]:\n            pass\n    return b\n",
    ),
    // Lines that are one statement or two.
    ("@a\n@b\ndef f():\n    pass\n", "@a @ b\ndef f():\n    pass\n"),
    ("x = [a := 0 for a in y]\n", "x = [a := 0 for b in y]\n"),
    ("x = [[a := 0 for c in y] for a in z]\n", "x = [[a := 0 for c in y] for b in z]\n"),
    (
        "def f(df):\n    a = 1\n    return df.query('@a')\n",
        "def f(df):\n    b = 1\n    return df.query('@a')\n",
    ),
    // Which variable is meant.
    (
        "def f(x, y):\n    a = x\n    b = y\n    return a\n",
        "def f(x, y):\n    a = x\n    b = y\n    return b\n",
    ),
    ("def f():\n    a = 1\n    return b\n", "def f():\n    a = 1\n    return a\n"),
    (
        "def f():\n    a = 1\n    def g():\n        a = 2\n    g()\n    return a\n",
        "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n    g()\n    return a\n",
    ),
    ("def f():\n    len = 1\n    return len\n", "def f():\n    a = 1\n    return len\n"),
    ("x = [i for i in i]\n", "x = [i for i in j]\n"),
    ("def f(i):\n    return [i for j in i]\n", "def f(i):\n    return [j for j in i]\n"),
    (
        "def f():\n    a = 1\n    class C:\n        a = a\n    return C\n",
        "def f():\n    b = 1\n    class C:\n        a = b\n    return C\n",
    ),
    // Letters that Python reads as one.
    (
        "def f():\n    \u{fb01} = 1\n    fi = 2\n    return \u{fb01}\n",
        "def f():\n    a = 1\n    b = 2\n    return a\n",
    ),
    // Docstrings that are read, and those that are none.
    ("def f():\n    'a'\nx = f.__doc__\n", "def f():\n    'b'\nx = f.__doc__\n"),
    ("def f():\n    return 'a'\n", "def f():\n    return 'b'\n"),
    ("def f():\n    f'{g()}'\n", "def f():\n    pass\n"),
    ("def f():\n    '\\x'\n", "def f():\n    pass\n"),
    ("def f():\n    'a'.x\n", "def f():\n    pass\n"),
    // What Python reads in another way than the parser.
    ("x =\n1\n", "x = 1\n"),
    ("x = 1.real\n", "x = 1 .real\n"),
    ("if x:\n\ty\n        z\n", "if x:\n        y\n        z\n"),
    ("x = \u{200b}1\n", "x = 1\n"),
    ("  x = 1\n", "x = 1\n"),
    ("# coding: latin-1\nx = 'a'\n", "x = 'a'\n"),
    ("if x:\n    y\n  # a\n  z\n", "if x:\n    y\nz\n"),
    ("# a\rx = 1\n", "# b\n"),
    ("def f():\n", "def f():\n    'a'\n"),
];

#[test]
fn what_is_not_surely_the_same_program_has_another_form() {
    for (one, other) in DIFFERENT {
        let form = |text| NormalForm::of(text, NormalForm::of(text, true).reads_docstrings());
        assert!(form(one) != form(other), "{one}\n{other}");
    }
}

#[test]
fn the_reason_for_an_exact_form_is_named() {
    let word = form("import inspect\n").exact().map(ToString::to_string);
    assert_eq!(word.as_deref(), Some("`inspect` lets it see its own text or names"));
    assert_eq!(form("x =\n1\n").exact(), Some(&ExactReason::Layout));
    assert!(matches!(form("def (").exact(), Some(ExactReason::NotParsed(_))));
}

#[test]
fn forms_of_recorded_runs_do_not_change() {
    let hex = |text: &str| form(text).digest().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = "import math\n\n\ndef grade(items, *, scale=1.5):\n    \"\"\"Grades.\"\"\"\n    total = 0\n    for index, item in enumerate(items):\n        if item > 0 and index % 2:\n            total += math.sqrt(item) * scale\n    return {'total': total, 'text': f'{total:.2f}'}\n";
    assert_eq!(hex(text), "53ba6a7669df55bc744aaa6adafa3be3b98a9ac7056facbf673e02db2f96869d");
}

/// A generated program: statements of a function, with variables by number.
#[derive(Debug, Clone)]
enum Statement {
    Assign(usize, Expression),
    Add(usize, Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    For(usize, Expression, Vec<Statement>),
    Call(Expression),
}

#[derive(Debug, Clone)]
enum Expression {
    Number(u8),
    Variable(usize),
    Sum(Box<Expression>, Box<Expression>),
    List(usize, Box<Expression>),
    Text(usize),
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        any::<u8>().prop_map(Expression::Number),
        (0..4_usize).prop_map(Expression::Variable),
        (0..4_usize).prop_map(Expression::Text),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expression::Sum(Box::new(a), Box::new(b))),
            (0..4_usize, inner).prop_map(|(variable, inner)| Expression::List(variable, Box::new(inner))),
        ]
    })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let simple = prop_oneof![
        (0..4_usize, expression()).prop_map(|(variable, value)| Statement::Assign(variable, value)),
        (0..4_usize, expression()).prop_map(|(variable, value)| Statement::Add(variable, value)),
        expression().prop_map(Statement::Call),
    ];
    let one = simple.prop_recursive(3, 16, 3, |inner| {
        let block = prop::collection::vec(inner, 1..4);
        prop_oneof![
            (expression(), block.clone(), block.clone()).prop_map(|(a, b, c)| Statement::If(a, b, c)),
            (0..4_usize, expression(), block).prop_map(|(variable, a, b)| Statement::For(variable, a, b)),
        ]
    });
    prop::collection::vec(one, 1..6)
}

/// A way to write a program down.
#[derive(Debug, Clone, Copy)]
struct Style {
    names: [&'static str; 4],
    indent: usize,
    space: &'static str,
    comments: bool,
}

impl Style {
    fn expression(&self, expression: &Expression) -> String {
        let Self { space, names, .. } = self;
        match expression {
            Expression::Number(number) => number.to_string(),
            Expression::Variable(variable) => names[*variable].to_owned(),
            Expression::Sum(a, b) => format!("({}{space}+{space}{})", self.expression(a), self.expression(b)),
            Expression::List(variable, inner) => {
                let name = names[*variable];
                format!("[{space}{}{space} for {name} in g({name}, 2)]", self.expression(inner))
            }
            Expression::Text(variable) => format!("f'{{{space}{}{space}}}'", names[*variable]),
        }
    }

    fn block(&self, statements: &[Statement], depth: usize, text: &mut String) {
        let pad = " ".repeat(depth * self.indent);
        for statement in statements {
            if self.comments {
                text.push_str("# a comment\n\n");
            }
            match statement {
                Statement::Assign(variable, value) => {
                    text.push_str(&format!("{pad}{} = {}\n", self.names[*variable], self.expression(value)));
                }
                Statement::Add(variable, value) => {
                    text.push_str(&format!("{pad}{} += {}\n", self.names[*variable], self.expression(value)));
                }
                Statement::Call(value) => text.push_str(&format!("{pad}g({})\n", self.expression(value))),
                Statement::If(condition, yes, no) => {
                    text.push_str(&format!("{pad}if {}:\n", self.expression(condition)));
                    self.block(yes, depth + 1, text);
                    text.push_str(&format!("{pad}else:\n"));
                    self.block(no, depth + 1, text);
                }
                Statement::For(variable, iterable, body) => {
                    text.push_str(&format!(
                        "{pad}for {} in {}:\n",
                        self.names[*variable],
                        self.expression(iterable)
                    ));
                    self.block(body, depth + 1, text);
                }
            }
        }
    }

    /// Writes a function in which every variable is bound at the beginning, if `bound`.
    fn program(&self, statements: &[Statement], bound: bool) -> String {
        let mut text = String::from("def f(g):\n");
        if bound {
            let pad = " ".repeat(self.indent);
            self.names.iter().for_each(|name| text.push_str(&format!("{pad}{name} = 0\n")));
        }
        self.block(statements, 1, &mut text);
        text
    }
}

const PLAIN: Style = Style { names: ["a", "b", "c", "d"], indent: 4, space: " ", comments: false };
const OTHER: Style = Style { names: ["total", "index", "b", "a"], indent: 2, space: "", comments: true };
/// The first and the second variable are one.
const MERGED: Style = Style { names: ["a", "a", "c", "d"], indent: 4, space: " ", comments: false };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn renaming_layout_and_comments_keep_the_form(body in statements()) {
        let (one, other) = (PLAIN.program(&body, true), OTHER.program(&body, true));
        prop_assert!(same(&one, &other), "{one}\n{other}");
    }

    #[test]
    fn a_changed_constant_changes_the_form(body in statements(), place in 0..1000_usize) {
        let text = PLAIN.program(&body, true);
        let digits: Vec<usize> = text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = digits[place % digits.len()];
        let digit = text.as_bytes()[at] - b'0';
        let changed = format!("{}{}{}", &text[..at], (digit + 1) % 10, &text[at + 1..]);
        prop_assert!(!same(&text, &changed), "{text}\n{changed}");
    }

    #[test]
    fn variables_that_become_one_change_the_form(body in statements()) {
        let (one, other) = (PLAIN.program(&body, false), MERGED.program(&body, false));
        // Only where both occur is it another program.
        let has = |name: &str| one.contains(&format!("{name} = ")) || one.contains(&format!("{name} += "));
        if has("a") && has("b") {
            prop_assert!(!same(&one, &other), "{one}\n{other}");
        }
    }

    #[test]
    fn any_text_has_a_form(text in "\\PC{0,200}") {
        prop_assert_eq!(form(&text).digest(), form(&text).digest());
    }

    #[test]
    fn any_lines_have_a_form(text in "(def f\\(x\\):|if x:|else:| {0,4}|x|=|1|\n|\\(|\\)|'|f'\\{|\\}|#|\\\\|for|in|lambda|:|,|;){0,40}") {
        form(&text);
    }
}
