//! The oracles as ordinary tests: on the corpora, and on nearly valid sequences.

use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::*;

type Oracle = fn(&[u8]);

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let seeds: Vec<_> = paths.map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty(), "{target} has no corpus");
    seeds
}

#[test]
fn the_corpora_pass() {
    let oracles: [(&str, Oracle); 3] = [("bash", bash), ("tools", tools), ("shell-calls", shell_calls)];
    for (target, oracle) in oracles {
        corpus(target).iter().for_each(|seed| oracle(seed));
    }
}

const WORDS: &[&str] = &[
    "echo",
    "cat",
    "x",
    "$x",
    "${x}",
    "${!x}",
    "$((x))",
    "x=1",
    "x=RANDOM",
    "$RANDOM",
    "|",
    "||",
    "&&",
    ";",
    "&",
    "(",
    ")",
    "{",
    "}",
    "$(",
    "`",
    "\"",
    "'",
    "\\",
    "<<E\n",
    "\nE\n",
    "<(",
    ">",
    ">>",
    "2>&1",
    "lib/b.txt",
    "/tmp/a",
    "../x",
    "a.py",
    "for",
    "in",
    "do",
    "done",
    "while",
    "if",
    "then",
    "fi",
    "case",
    "esac",
    "f()",
    "f",
    "local",
    "declare",
    "-n",
    "-A",
    "[[",
    "]]",
    "=~",
    "(a+)+",
    "*",
    "?",
    "{1..9}",
    "{a,b}",
    "sed",
    "s/a/b/",
    "awk",
    "'{print $1}'",
    "grep",
    "-r",
    "find",
    ".",
    "sort",
    "rm",
    "mv",
    "mkdir",
    "printf",
    "%s",
    "read",
    "y",
    "trap",
    "EXIT",
    "eval",
    "exit",
    "wait",
    "sleep",
    "1",
    "0",
    "-1",
    "seq",
    "3",
    "head",
    "tr",
    "xargs",
    "test",
    "set",
    "-e",
    "unset",
    "shift",
    "\n",
    "\n%%\n",
    " ",
    "ü",
    "\0",
];

const GAPS: &[&str] = &[" ", "", "\n"];

fn script() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec((prop::sample::select(WORDS), prop::sample::select(GAPS)), 0..24)
        .prop_map(|words| words.iter().flat_map(|(word, gap)| [*word, *gap]).collect::<String>().into_bytes())
}

fn text() -> impl Strategy<Value = Value> {
    const TEXTS: &[&str] = &["", "a", "one", "one\ntwo\n", "\t", "ü", "x = 1\n", "\r\n", "\u{0}", "twotwo"];
    prop_oneof![9 => prop::sample::select(TEXTS).prop_map(|text| json!(text)), 1 => Just(Value::Null)]
}

fn request() -> impl Strategy<Value = Value> {
    const COMMANDS: &[&str] = &["view", "create", "str_replace", "insert", "undo_edit", "delete", ""];
    const PATHS: &[&str] = &[
        "/repo/lib/b.txt",
        "/repo/lib/new/c",
        "/repo/a.py",
        "/tmp/a",
        "/repo",
        "/",
        "lib/b.txt",
        "/repo/lib/../a.py",
        "/repo//lib/b.txt",
        "/repo/evals/x",
        "/etc/passwd",
        "",
        "/repo/lib",
        "/tmp/a/b",
        "/repo/lib/b.txt/c",
    ];
    const LINES: &[i64] = &[i64::MIN, -2, -1, 0, 1, 2, 3, 4, 99, i64::MAX];
    let line = || prop::sample::select(LINES);
    let editor = (
        prop::sample::select(COMMANDS),
        prop::sample::select(PATHS),
        (text(), text(), text()),
        prop::option::of(line()),
        prop::option::of((line(), line())),
    );
    editor.prop_map(|(command, path, (content, old, new), at, range)| {
        json!({"op": "tool.editor", "params": {"command": command, "path": path, "file_text": content, "old_str": old,
            "new_str": new, "insert_line": at, "view_range": range}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), ..ProptestConfig::default() })]

    #[test]
    fn scripts_repeat(data in script()) {
        bash(&data);
    }

    #[test]
    fn requests_are_answered_or_refused(requests in prop::collection::vec(request(), 1..8)) {
        let texts: Vec<String> = requests.iter().map(Value::to_string).collect();
        tools(texts.join(SEPARATOR).as_bytes());
    }

    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..60)) {
        bash(&data);
        tools(&data);
    }
}
