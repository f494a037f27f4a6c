//! Golden transcripts of the editor.

use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use hyperspace_sandbox::{FilePolicy, Files, Limits, Mount};
use hyperspace_tools::{Editor, EditorRequest};
use serde_json::json;

struct Scope;

impl FilePolicy for Scope {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        let inside =
            ["task_agent.py", "meta_agent.py"].contains(&path.as_str()) || path.as_str().starts_with("lib");
        match inside || matches!(op, FileOp::CreateFolder) && path.as_str() == "lib" {
            true => Decision::Allow,
            false => Decision::deny("it is outside of the edit scope"),
        }
    }
}

fn files(limits: &Limits) -> Files {
    let mut repo = FileSet::new();
    for (path, content) in [
        ("task_agent.py", "import os\n\n\ndef f(x):\n\treturn x + 1\n\n\ndef g(x):\n\treturn x + 2\n"),
        (".hidden/x", ""),
        ("lib/__init__.py", ""),
        ("lib/deep/er/x.py", ""),
        ("binary", "\u{fe}"),
    ] {
        repo.insert(RelPath::new(path).unwrap(), content.as_bytes()).unwrap();
    }
    repo.insert(RelPath::new("bytes").unwrap(), [0xff, 0xfe].as_slice()).unwrap();
    let at = |name| RelPath::new(name).unwrap();
    let mounts = vec![
        Mount::read_write(at("repo"), repo).policy(Arc::new(Scope)),
        Mount::read_only(at("repo/evals"), FileSet::new()),
        Mount::scratch(at("tmp")),
    ];
    Files::new(mounts, limits).unwrap()
}

struct Desk {
    files: Files,
    editor: Editor,
}

impl Desk {
    fn new() -> Self {
        Self { files: files(&Limits::default()), editor: Editor::new() }
    }

    fn ask(&mut self, request: serde_json::Value) -> String {
        let request: EditorRequest = serde_json::from_value(request).unwrap();
        self.editor.run(&self.files, &request)
    }

    #[track_caller]
    fn check(&mut self, request: serde_json::Value, answer: &str) {
        assert_eq!(self.ask(request), answer);
    }

    fn content(&self, path: &str) -> String {
        String::from_utf8(self.files.read(path).unwrap()).unwrap()
    }
}

const AGENT: &str = "/repo/task_agent.py";

#[test]
fn a_file_is_shown_with_numbers() {
    let mut desk = Desk::new();
    desk.check(
        json!({"command": "view", "path": AGENT}),
        "     1\timport os\n     2\t\n     3\t\n     4\tdef f(x):\n     5\t\treturn x + 1\n     6\t\n     7\t\n     8\tdef g(x):\n     \
         9\t\treturn x + 2\n",
    );
    desk.check(
        json!({"command": "view", "path": AGENT, "view_range": [8, -1]}),
        "     8\tdef g(x):\n     9\t\treturn x + 2\n",
    );
    desk.check(json!({"command": "view", "path": AGENT, "view_range": [4, 4]}), "     4\tdef f(x):\n");
    for range in [[0, 3], [3, 2], [1, 10], [10, -1], [-1, -1], [1, -2]] {
        let answer = desk.ask(json!({"command": "view", "path": AGENT, "view_range": range}));
        assert!(answer.starts_with("Error: `view_range` is ["), "{answer}");
        assert!(answer.contains("has 9 lines"), "{answer}");
    }
}

#[test]
fn a_folder_is_shown_two_levels_deep_without_hidden_names() {
    let mut desk = Desk::new();
    desk.check(
        json!({"command": "view", "path": "/repo"}),
        "Two levels below /repo, without hidden names:\n/repo/binary\n/repo/bytes\n/repo/evals/\n/repo/lib/\n\
         /repo/lib/__init__.py\n/repo/lib/deep/\n/repo/task_agent.py\n",
    );
    let answer = desk.ask(json!({"command": "view", "path": "/repo", "view_range": [1, 2]}));
    assert!(answer.starts_with("Error: /repo is a directory"), "{answer}");
}

#[test]
fn long_answers_are_cut_in_the_middle() {
    let mut desk = Desk::new();
    let text = "0123456789\n".repeat(2_000);
    desk.check(
        json!({"command": "create", "path": "/tmp/long", "file_text": text}),
        "/tmp/long was created (2000 lines).",
    );
    let answer = desk.ask(json!({"command": "view", "path": "/tmp/long"}));
    assert_eq!(answer.chars().count(), 10_000 + "\n<response clipped>\n".len());
    assert!(answer.starts_with("     1\t") && answer.ends_with("  2000\t0123456789\n"));
}

#[test]
fn a_new_file_is_made_with_its_folders_and_nothing_is_overwritten() {
    let mut desk = Desk::new();
    let path = "/repo/lib/new/x.py";
    desk.check(
        json!({"command": "create", "path": path, "file_text": ""}),
        "/repo/lib/new/x.py was created (0 lines).",
    );
    let answer = desk.ask(json!({"command": "create", "path": path, "file_text": "y"}));
    assert!(answer.starts_with("Error: /repo/lib/new/x.py exists already"), "{answer}");
    assert_eq!(desk.content(path), "");
    desk.check(json!({"command": "create", "path": path}), "Error: `create` needs `file_text`.");
    desk.check(
        json!({"command": "undo_edit", "path": path}),
        "The creation of /repo/lib/new/x.py was taken back; there is no such file now.",
    );
    assert!(desk.files.info(path).is_err());
}

#[test]
fn a_replacement_is_exact_and_keeps_tabs() {
    let mut desk = Desk::new();
    desk.check(
        json!({"command": "str_replace", "path": AGENT, "old_str": "\treturn x + 1\n", "new_str": "\ty = x\n\treturn y\n"}),
        "/repo/task_agent.py was edited. There is now:\n     1\timport os\n     2\t\n     3\t\n     4\tdef f(x):\n     5\t\ty = x\n     \
         6\t\treturn y\n     7\t\n     8\t\n     9\tdef g(x):\n    10\t\treturn x + 2\n",
    );
    assert_eq!(
        desk.content(AGENT),
        "import os\n\n\ndef f(x):\n\ty = x\n\treturn y\n\n\ndef g(x):\n\treturn x + 2\n"
    );
    desk.check(
        json!({"command": "str_replace", "path": AGENT, "old_str": "nowhere", "new_str": ""}),
        "Error: `old_str` not found in /repo/task_agent.py (0 occurrences). White space counts. Nothing was changed.",
    );
    desk.check(
        json!({"command": "str_replace", "path": AGENT, "old_str": "return"}),
        "Error: `old_str` appears 2 times in /repo/task_agent.py, at lines 6, 10; it must be unique. Nothing was changed.",
    );
    desk.check(
        json!({"command": "str_replace", "path": AGENT, "old_str": "\n\n"}),
        "Error: `old_str` appears 4 times in /repo/task_agent.py, at lines 1, 2, 6, 7; it must be unique. Nothing was changed.",
    );
    desk.check(
        json!({"command": "str_replace", "path": AGENT, "old_str": ""}),
        "Error: `old_str` is empty. Nothing was changed.",
    );
    desk.check(json!({"command": "str_replace", "path": AGENT}), "Error: `str_replace` needs `old_str`.");
}

#[test]
fn lines_are_inserted_where_asked() {
    let mut desk = Desk::new();
    let path = "/tmp/x";
    desk.ask(json!({"command": "create", "path": path, "file_text": "a\n\tb"}));
    for (line, new, content) in
        [(0, "0", "0\na\n\tb"), (3, "c\n", "0\na\n\tb\nc\n"), (1, "\t1\n\t2", "0\n\t1\n\t2\na\n\tb\nc\n")]
    {
        let answer =
            desk.ask(json!({"command": "insert", "path": path, "insert_line": line, "new_str": new}));
        assert!(answer.starts_with("/tmp/x was edited"), "{answer}");
        assert_eq!(desk.content(path), content);
    }
    for line in [-1, 7] {
        let answer =
            desk.ask(json!({"command": "insert", "path": path, "insert_line": line, "new_str": "x"}));
        assert_eq!(
            answer,
            format!(
                "Error: `insert_line` is {line}, but /tmp/x has 6 lines; it must be between 0 and 6. Nothing was changed."
            )
        );
    }
    desk.check(
        json!({"command": "insert", "path": path, "new_str": "x"}),
        "Error: `insert` needs `insert_line`.",
    );
    desk.check(
        json!({"command": "insert", "path": path, "insert_line": 0}),
        "Error: `insert` needs `new_str`.",
    );
}

#[test]
fn edits_are_taken_back_one_by_one() {
    let mut desk = Desk::new();
    let before = desk.content(AGENT);
    for (old, new) in [("x + 1", "x + 3"), ("x + 3", "x + 4")] {
        desk.ask(json!({"command": "str_replace", "path": AGENT, "old_str": old, "new_str": new}));
    }
    let undo = json!({"command": "undo_edit", "path": AGENT});
    assert!(desk.ask(undo.clone()).starts_with("The last edit of /repo/task_agent.py was taken back."));
    assert!(desk.content(AGENT).contains("x + 3"));
    desk.ask(undo.clone());
    assert_eq!(desk.content(AGENT), before);
    desk.check(undo.clone(), "Error: there is no edit of /repo/task_agent.py to take back.");
    desk.ask(json!({"command": "str_replace", "path": AGENT, "old_str": "x + 1", "new_str": "x"}));
    desk.files.write(AGENT, b"something else").unwrap();
    assert!(desk.ask(undo).starts_with("Error: /repo/task_agent.py was changed by something else"));
    assert_eq!(desk.content(AGENT), "something else");
}

#[test]
fn every_refusal_is_text_and_is_written_down() {
    let mut desk = Desk::new();
    desk.check(
        json!({"command": "create", "path": "/repo/setup.py", "file_text": "x"}),
        "Error: /repo/setup.py may not be changed: it is outside of the edit scope. Nothing was changed.",
    );
    desk.check(
        json!({"command": "create", "path": "/repo/evals/x", "file_text": "x"}),
        "Error: /repo/evals/x may not be changed: the mount is read-only. Nothing was changed.",
    );
    for path in ["/etc/passwd", "/repo/../etc/passwd", "/repo_evil/x", "/proc/self/environ"] {
        desk.check(json!({"command": "view", "path": path}), &format!("Error: {path} does not exist."));
    }
    let answer = desk.ask(json!({"command": "view", "path": "/../../etc/passwd"}));
    assert!(answer.starts_with("Error: "), "{answer}");
    let answer = desk.ask(json!({"command": "view", "path": "task_agent.py"}));
    assert!(answer.starts_with("Error: `path` must be absolute"), "{answer}");
    desk.check(json!({"command": "view", "path": "/repo/bytes"}), "Error: /repo/bytes is not UTF-8 text.");
    desk.check(
        json!({"command": "str_replace", "path": "/repo", "old_str": "x"}),
        "Error: /repo is a directory; `view` is all that can be done with it.",
    );
    let answer = desk.ask(json!({"command": "delete", "path": AGENT}));
    assert!(answer.starts_with("Error: there is no command `delete`"), "{answer}");
    let unknown = serde_json::from_value::<EditorRequest>(json!({"command": "view", "path": "/", "pth": 1}));
    assert!(unknown.unwrap_err().to_string().contains("pth"));
    let (changes, denials) = desk.files.into_changes();
    assert!(changes.is_empty());
    let targets: Vec<&str> = denials.iter().map(|denial| denial.target.as_str()).collect();
    assert_eq!(targets, ["/repo/setup.py", "/repo/evals/x"]);
}

#[test]
fn a_spent_quota_leaves_the_file_as_it_was() {
    let mut desk = Desk { files: files(&Limits::default().with_file_bytes(200)), editor: Editor::new() };
    let before = desk.content(AGENT);
    let long = "x".repeat(300);
    let answer =
        desk.ask(json!({"command": "str_replace", "path": AGENT, "old_str": "x + 1", "new_str": long}));
    assert!(answer.contains("no space is left"), "{answer}");
    assert_eq!(desk.content(AGENT), before);
    let answer = desk.ask(json!({"command": "create", "path": "/repo/lib/long", "file_text": long}));
    assert!(answer.contains("no space is left"), "{answer}");
    assert!(desk.files.info("/repo/lib/long").is_err());
}
