//! `exec` of programs that try to get out, or never to end.

use crate::common::environment;
use serde_json::Value;

/// Runs a program with `exec`; returns its messages and its exit code.
fn exec(source: &str, more: &[&str]) -> (Value, i32) {
    let env = environment();
    env.write("program.py", source);
    env.json(&[&["exec"], more, &["program.py"]].concat())
}

/// The program ends with this outcome, and the last line on its standard error begins like that.
fn check(source: &str, outcome: &str, last_line: &str) -> Value {
    let (report, code) = exec(source, &["--fuel", "3000000000"]);
    assert_eq!(report["outcome"], outcome, "{source}: {report}");
    assert_eq!(code, if outcome == "completed" { 0 } else { 15 });
    let stderr = report["stderr"].as_str().unwrap();
    assert!(stderr.lines().last().unwrap_or_default().starts_with(last_line), "{source}: {stderr}");
    report
}

#[test]
fn work_without_end_is_ended() {
    check("while True: pass", "out-of-fuel", "");
    check("bytearray(1 << 40)", "out-of-memory", "MemoryError");
    let report = check("for _ in range(200): print('x' * 1_000_000)", "output-limit", "");
    assert_eq!(report["stdout"].as_str().unwrap().len(), 1 << 20);
    check("def f(): f()\nf()", "exception", "RecursionError");
}

#[test]
fn sleeping_takes_no_time() {
    let report = check("import time; time.sleep(1e6); print(int(time.monotonic()))", "completed", "");
    assert_eq!(report["stdout"], "1000000\n");
    assert!(report["virtual_ns"].as_u64().unwrap() >= 1_000_000_000_000_000);
}

#[test]
fn the_host_is_out_of_reach() {
    check("open('/etc/passwd')", "exception", "FileNotFoundError");
    check("open('/usr/x', 'w')", "exception", "PermissionError");
    check("open('/sdk/x', 'w')", "exception", "PermissionError");
    check("open('/tmp/big', 'wb').truncate(1 << 40)", "quota", "OSError");
    check("import socket; socket.socket()", "exception", "OSError");
    check("import threading; threading.Thread(target=print).start()", "exception", "RuntimeError");
    check("import subprocess; subprocess.run(['ls'])", "exception", "OSError");
    let report = check("import os; print(dict(os.environ))", "completed", "");
    assert_eq!(report["stdout"], "{}\n");
}

#[test]
fn what_is_handed_in_and_what_comes_out() {
    let source = "import sys, os; open('/tmp/out.txt', 'w').write('kept'); print(sys.argv[1:], os.environ['A']); sys.exit(4)";
    let env = environment();
    env.write("program.py", source);
    let (report, code) = env.json(&["exec", "--env", "A=b", "program.py", "-x", "y"]);
    assert_eq!((report["outcome"].as_str(), report["exit_code"].as_u64(), code), (Some("exit"), Some(4), 15));
    assert_eq!(report["files"][0]["path"], "/tmp/out.txt");
    assert_eq!(report["files"][0]["bytes"], 4);
}

#[test]
fn output_goes_where_it_belongs() {
    let env = environment();
    env.write("program.py", "import sys; print('out'); print('err', file=sys.stderr)");
    let output = env.run(&["exec", "program.py"]);
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (b"out\n".as_slice(), b"err\n".as_slice())
    );
}

#[test]
fn absurd_limits_are_refused() {
    let env = environment();
    env.write("program.py", "print(1)");
    for (flag, field) in [
        ("--fuel", "fuel"),
        ("--memory-bytes", "memory_bytes"),
        ("--descriptors", "descriptors"),
        ("--wall-clock-ms", "wall_clock_ms"),
    ] {
        env.fails(&["exec", flag, "0", "program.py"], 2, &[field, "between"]);
        env.fails(&["exec", flag, "18446744073709551615", "program.py"], 2, &[field, "between"]);
    }
    env.fails(&["exec", "absent.py"], 2, &["absent.py"]);
    env.fails(&["exec", "--env", "A", "program.py"], 2, &["NAME=VALUE"]);
}
