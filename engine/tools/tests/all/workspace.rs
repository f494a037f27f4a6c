//! Workspaces: commands with streams, files that stay, budgets, and hostile commands.

use crate::common::sandbox;
use hyperspace_sandbox::{FileError, Limits};
use hyperspace_tools::{Workspace, WorkspaceCommand, WorkspaceError, WorkspaceReport};

struct Room {
    workspace: Workspace,
    runtime: tokio::runtime::Runtime,
}

impl Room {
    fn with(limits: Limits) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let folders = ["/tmp".to_owned(), "/app".to_owned()];
        let workspace = Workspace::new(sandbox(), &folders, Vec::new(), Vec::new(), limits, 7).unwrap();
        Self { workspace, runtime }
    }

    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn run(&mut self, command: &WorkspaceCommand) -> Result<WorkspaceReport, WorkspaceError> {
        self.runtime.block_on(self.workspace.run(command))
    }

    /// Returns exit code, standard output and standard error.
    fn shell(&mut self, text: &str) -> (i32, String, String) {
        shown(&self.run(&WorkspaceCommand::text(text)).unwrap())
    }

    fn program(&mut self, words: &[&str]) -> (i32, String, String) {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        shown(&self.run(&WorkspaceCommand::program(words)).unwrap())
    }
}

fn shown(report: &WorkspaceReport) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (report.exit_code, text(&report.stdout), text(&report.stderr))
}

fn triple(code: i32, stdout: &str, stderr: &str) -> (i32, String, String) {
    (code, stdout.to_owned(), stderr.to_owned())
}

#[test]
fn a_command_has_the_streams_of_a_process() {
    let mut room = Room::new();
    assert_eq!(room.shell("echo out; echo err >&2; exit 70"), triple(70, "out\n", "err\n"));
    assert_eq!(room.shell("echo $0; nosuch").0, 127);
    assert!(room.shell("nosuch").2.starts_with("bash: line 1: nosuch: command not found"));
    assert_eq!(room.shell("if"), triple(2, "", "bash: -c: line 2: syntax error: unexpected end of file\n"));
    let python = "python3 -c 'import sys; print(sys.stdin.read(), end=\"\"); sys.exit(3)'";
    let command = WorkspaceCommand::text(format!("cat; {python} < /run/stdin")).stdin(b"a\xffb\n".to_vec());
    let report = room.run(&command).unwrap();
    assert_eq!((report.exit_code, &report.stdout[..4]), (3, &b"a\xffb\n"[..]));
    assert!(report.fuel > 1_000_000 && report.stopped.is_none() && !report.truncated);
}

#[test]
fn words_are_not_expanded_and_may_be_long() {
    let mut room = Room::new();
    let odd = ["a b", "$HOME", "`id`", "it's", "*", "\\", "", "\n", "é"];
    let words: Vec<&str> = ["printf", "[%s]"].into_iter().chain(odd).collect();
    assert_eq!(room.program(&words).1, "[a b][$HOME][`id`][it's][*][\\][][\n][é]");
    let long = "x'".repeat(32 << 10);
    let words: Vec<&str> = ["printf", "%s"].into_iter().chain([long.as_str(); 16]).collect();
    assert_eq!(room.program(&words), triple(0, &long.repeat(16), ""));
    assert_eq!(room.program(&["sh", "-c", "echo foo; exit 5"]), triple(5, "foo\n", ""));
    assert_eq!(
        room.program(&["/usr/bin/env", "A=1", "python3", "-c", "import os; print(os.environ['A'])"]).1,
        "1\n"
    );
}

#[test]
fn files_and_empty_folders_stay_and_variables_do_not() {
    let mut room = Room::new();
    assert_eq!(
        room.shell("mkdir -p a/b /app/c; x=1; cd a; echo 1 > b/f; rm -rf /tmp/none"),
        triple(0, "", "")
    );
    assert_eq!(
        room.shell("pwd; echo [$x]; ls; cat a/b/f; ls -d /app/c"),
        triple(0, "/tmp\n[]\na\n1\n/app/c\n", "")
    );
    room.workspace.write("/tmp/a/g", b"2").unwrap();
    assert_eq!(room.shell("cat a/g; rm -r a").1, "2");
    let gone = room.workspace.read("a/g").unwrap_err();
    assert!(
        matches!(gone, WorkspaceError::File { source: FileError::NotFound, ref path } if path == "/tmp/a/g")
    );
    let inside =
        WorkspaceCommand::text("pwd; echo $A; echo ${C-none}").folder("../app/c").env("A", "it's $B");
    assert_eq!(shown(&room.run(&inside).unwrap()), triple(0, "/app/c\nit's $B\nnone\n", ""));
    assert_eq!(room.shell("echo x > /etc/passwd; echo x > /usr/bin/env; echo x > /new").0, 1);
    assert_eq!(room.shell("whoami; cat /etc/passwd").1, "agent\nagent:x:1000:1000:agent:/tmp:/bin/bash\n");
}

#[test]
fn a_budget_bounds_a_command_with_all_that_it_starts() {
    let mut room = Room::with(Limits::default().with_fuel(400_000_000));
    for command in ["while :; do :; done", "while :; do python3 -c 'sum(range(10**6))'; done"] {
        let report = room.run(&WorkspaceCommand::text(command)).unwrap();
        assert_eq!((report.exit_code, report.timed_out), (137, false), "{command}");
        assert!(report.stopped.is_some());
        assert!(report.fuel < 500_000_000, "{}", report.fuel);
    }
    assert_eq!(room.shell("echo on").1, "on\n", "the next command has its own budget");
    let second = 1_000_000_000;
    for command in ["echo before; sleep 4", "python3 -c 'import time; time.sleep(4)'"] {
        let timed = room.run(&WorkspaceCommand::text(command).time_ns(2 * second)).unwrap();
        assert_eq!((timed.exit_code, timed.timed_out), (124, true), "{command}");
    }
    let quick = room.run(&WorkspaceCommand::text("sleep 1; kill -TERM $$").time_ns(30 * second)).unwrap();
    assert_eq!((quick.exit_code, quick.timed_out), (143, false));
    let busy = room.run(&WorkspaceCommand::text("while :; do :; done").time_ns(second / 10)).unwrap();
    assert_eq!((busy.exit_code, busy.timed_out), (124, true));
    assert!(busy.stopped.unwrap().contains("100000000 units"));
}

#[test]
fn hostile_commands_change_their_own_output_alone() {
    let mut room = Room::with(Limits::default().with_output_bytes(1_000).with_file_bytes(1 << 20));
    room.shell("rm -rf /run/stdout /run/stdin; mkdir -p /run/stdin/a/b /run/command /run/stdout; echo x > /run/stderr");
    assert_eq!(room.shell("cat; echo fine"), triple(0, "fine\n", ""));
    let flood = room.run(&WorkspaceCommand::text("seq 100000")).unwrap();
    assert!(flood.truncated && flood.stdout.len() == 1_000);
    assert!(flood.stdout.capacity() < 10_000, "what was cut keeps no memory");
    assert_eq!(room.shell("seq 400000 > big || echo full").1, "full\n", "the quota holds");
    assert_eq!(room.shell("echo fine"), triple(0, "fine\n", ""));
    assert_eq!(room.shell("ls /; cat /proc/self/environ").1, "app\netc\nrun\ntmp\nusr\n");
}

#[test]
fn exit_codes_are_those_that_processes_have() {
    let mut room = Room::new();
    for (command, code) in [
        ("exit 256", 0),
        ("exit 1000", 232),
        ("exit -1", 255),
        ("(exit 300)", 44),
        ("bash -c 'exit 300'", 44),
        ("f() { return 300; }; f", 44),
        ("python3 -c 'import sys; sys.exit(256)'", 0),
        ("python3 -c 'import sys; sys.exit(-1)'", 255),
        ("python3 -c 'import sys; sys.exit(2**31 - 1)'", 255),
        ("python3 -c 'import os; os._exit(1000)'", 232),
    ] {
        let report = room.run(&WorkspaceCommand::text(command)).unwrap();
        assert_eq!((report.exit_code, report.stopped, report.timed_out), (code, None, false), "{command}");
    }
}

#[test]
fn a_command_leaves_nothing_that_stops_the_next_one() {
    let limits = Limits::default().with_file_bytes(1 << 20).with_files(200).with_output_bytes(1_000);
    let mut room = Room::with(limits);
    let deep = "for n in $(seq 40); do mkdir d && cd d || break; echo x > f; done";
    for command in [
        "cd /run && for n in $(seq 300); do echo x > $n; done".to_owned(),
        "for n in $(seq 300); do echo x > /tmp/$n; echo x > /app/$n; done".to_owned(),
        "head -c 2000000 /dev/zero > /run/big; seq 400000 > /tmp/big".to_owned(),
        format!("cd /run && {deep}"),
        format!("cd /tmp && {deep}"),
        "cd /run && rm -rf * .[a-z]*; mv /run /tmp/run; rmdir /run; mkdir -p 'stdout/ ' 'stderr/a\nb' stdin".to_owned(),
        "cat() { echo no; }; export -f cat; alias bash=false; echo 'exit 9' > ~/.bashrc; cp ~/.bashrc ~/.profile; cp ~/.bashrc ~/bash; chmod +x ~/bash; export PATH=/tmp"
            .to_owned(),
        "exec > /dev/null 2>&1; set -e; trap 'exit 7' EXIT; sleep 1000 & disown; nohup python3 -c 'while True: pass' &".to_owned(),
    ] {
        room.run(&WorkspaceCommand::text(&command)).unwrap();
        assert_eq!(room.shell("echo fine; exit 3"), triple(3, "fine\n", ""), "{command}");
        let program = WorkspaceCommand::program(vec!["cat".to_owned()]).stdin(b"in".to_vec());
        assert_eq!(shown(&room.run(&program).unwrap()), triple(0, "in", ""), "{command}");
        assert_eq!(room.shell("cd / && rm -rf /tmp/* /tmp/.[a-z]* /app/*; ls -A /tmp /app | grep -c '^[^/]'"), triple(1, "0\n", ""), "{command}");
    }
}

#[test]
fn a_command_that_is_dropped_leaves_its_files_and_ends() {
    use std::time::Duration;

    let mut room = Room::new();
    room.workspace.write("kept", b"1").unwrap();
    let endless = [
        "echo 2 > own; while :; do echo x > a; rm a; done",
        "echo 2 > own; python3 -c 'open(\"own\", \"w\").write(\"2\\n\"); n = 0\nwhile True: n += 1'",
        "echo 2 > own; while :; do python3 -c 'pass'; done",
    ];
    for command in endless {
        let ended = room.runtime.block_on(async {
            let command = WorkspaceCommand::text(command);
            tokio::time::timeout(Duration::from_millis(700), room.workspace.run(&command)).await.is_ok()
        });
        assert!(!ended, "{command}");
        assert_eq!(room.workspace.read("kept").unwrap(), b"1", "{command}");
        assert_eq!(room.workspace.read("own").unwrap(), b"2\n", "{command}");
        assert_eq!(room.shell("cat kept own; rm -f own a"), triple(0, "12\n", ""), "{command}");
    }
    for wait in 0..12 {
        let command = WorkspaceCommand::text(
            "for n in $(seq 200); do echo $n > a; python3 -c 'open(\"b\", \"w\")'; done",
        );
        let work = room.workspace.run(&command);
        drop(
            room.runtime
                .block_on(async { tokio::time::timeout(Duration::from_millis(wait * 9), work).await }),
        );
        assert_eq!(room.shell("cat kept; rm -f a b"), triple(0, "1", ""), "{wait}");
    }
}

#[test]
fn files_are_written_read_listed_and_removed_from_outside() {
    let room = Room::new();
    let Room { workspace, .. } = &room;
    workspace.write("a/b/c.txt", b"1").unwrap();
    workspace.write("/app/x/y", b"2").unwrap();
    assert_eq!(workspace.read("/tmp/a/b/c.txt").unwrap(), b"1");
    let listed = |path: &str| -> Vec<(String, bool)> {
        let entries = workspace.list(path).unwrap();
        entries.into_iter().map(|entry| (entry.name, entry.is_folder)).collect()
    };
    assert_eq!(listed("a"), [("b".to_owned(), true)]);
    assert_eq!(listed("."), listed("/tmp"));
    workspace.remove("a").unwrap();
    assert!(listed("").is_empty());
    workspace.write("f", b"").unwrap();
    let failed = |result: Result<(), WorkspaceError>| match result.unwrap_err() {
        WorkspaceError::File { source, .. } => source,
        other => panic!("{other}"),
    };
    assert_eq!(failed(workspace.write("f/g", b"")), FileError::NotAFolder);
    assert_eq!(failed(workspace.write("/app/x", b"")), FileError::IsAFolder);
    assert_eq!(failed(workspace.remove("none")), FileError::NotFound);
    assert!(matches!(failed(workspace.write("/etc/passwd", b"")), FileError::Refused(_)));
    assert!(matches!(failed(workspace.write("/elsewhere/f", b"")), FileError::Refused(_)));
    assert!(matches!(
        failed(workspace.remove("/etc")),
        FileError::Refused(_) | FileError::Busy | FileError::NotEmpty
    ));
}

#[test]
fn commands_are_repeatable() {
    let transcript = || {
        let mut room = Room::new();
        [
            "echo $RANDOM > a; cat a",
            "python3 -c 'import random; print(random.random())'; date",
            "echo $RANDOM; cat a",
        ]
        .map(|command| room.run(&WorkspaceCommand::text(command)).unwrap())
    };
    let first = transcript();
    assert_eq!(first, transcript());
    assert_ne!(first[0].stdout, first[2].stdout);
}

#[test]
fn what_cannot_be_run_is_named() {
    let mut room = Room::new();
    for (command, problem) in [
        (WorkspaceCommand::text("a\0b"), "the command holds a NUL"),
        (WorkspaceCommand::program(Vec::new()), "the command is empty"),
        (WorkspaceCommand::text("true").env("A-B", ""), "\"A-B\" is no name of a variable"),
        (WorkspaceCommand::text("true").folder("none"), "/tmp/none: No such file"),
        (WorkspaceCommand::text("true").folder("/etc/passwd"), "/etc/passwd: Not a directory"),
        (WorkspaceCommand::text("x".repeat(300_000)), "the command has 300000 bytes"),
        (WorkspaceCommand::text("true").stdin(vec![0; 17 << 20]), "/run/stdin: No space left"),
    ] {
        let error = room.run(&command).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    assert_eq!(room.shell("echo on").1, "on\n");
    let make = |folders: &[&str]| {
        let folders: Vec<String> = folders.iter().map(|&folder| folder.to_owned()).collect();
        Workspace::new(sandbox(), &folders, Vec::new(), Vec::new(), Limits::default(), 0)
            .unwrap_err()
            .to_string()
    };
    assert!(make(&[]).contains("needs a folder"));
    for folder in ["/etc", "/usr/x", "/run"] {
        assert!(make(&[folder]).contains("is taken"), "{folder}");
    }
    assert!(make(&["tmp"]).contains("expected an absolute path"));
    assert!(make(&["/tmp", "/tmp"]).contains("tmp"));
    assert!(make(&["/a/../b"]).contains(".."));
}
