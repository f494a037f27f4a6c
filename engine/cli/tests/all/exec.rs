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

#[test]
fn a_module_a_folder_and_files_beside_the_program_run() {
    let env = environment();
    env.write("helper.py", "def double(x): return 2 * x\n");
    env.write("program.py", "import helper, sys; print(helper.double(21), sys.argv)");
    env.write("tool/__main__.py", "from tool_parts import name; import sys; print(name, sys.argv[1:])");
    env.write("tool/tool_parts.py", "name = 'part'");
    env.write("tool/inner/__init__.py", "");
    env.write("tool/inner/__main__.py", "import sys; print('inner', sys.argv[1:], __name__)");
    let printed = |args: &[&str]| {
        let (report, code) = env.json(&[&["exec"], args].concat());
        assert_eq!(code, 0, "{args:?}: {report}");
        report["stdout"].as_str().unwrap().to_owned()
    };
    assert_eq!(printed(&["--mount", "helper.py", "program.py", "a"]), "42 ['program.py', 'a']\n");
    assert_eq!(printed(&["tool", "-x"]), "part ['-x']\n");
    assert_eq!(printed(&["--mount", "tool", "-m", "inner", "one", "-y"]), "inner ['one', '-y'] __main__\n");
    assert_eq!(
        printed(&["-m", "json.tool", "--", "--help"]).lines().next().unwrap().split(' ').next(),
        Some("usage:")
    );
    assert_eq!(printed(&["-c", "import sys; print(sys.argv)", "z"]), "['-c', 'z']\n");
    env.fails(
        &["exec", "program.py"],
        15,
        &["ModuleNotFoundError", "helper.py is not in the guest", "--mount helper.py"],
    );
    env.fails(&["exec", "climber"], 2, &["climber", "__main__.py"]);
    env.fails(&["exec", "-m", "a b"], 2, &["a b", "module"]);
    env.fails(&["exec", "--mount", "absent", "program.py"], 2, &["absent"]);
    env.fails(&["exec", "-m", "x", "-c", "y"], 2, &["cannot be used with"]);
}

#[test]
fn a_function_is_called_and_its_value_comes_back() {
    let env = environment();
    env.write(
        "candidate.py",
        "import sys\ndef solve(*args):\n    print('working')\n    return {'args': args}\ndef junk(): return object()\ndef leave(): sys.exit(0)\n",
    );
    env.write("package/__init__.py", "from .part import f\n");
    env.write("package/part.py", "def f(x=None): return x\n");
    let called = env.run(&["call", "candidate.py", "solve", "7", "[1, 2]", "text", "-1", "{\"a\": null}"]);
    assert_eq!(called.status.code(), Some(0), "{}", String::from_utf8_lossy(&called.stderr));
    assert_eq!(String::from_utf8(called.stdout).unwrap(), "{\"args\":[7,[1,2],\"text\",-1,{\"a\":null}]}\n");
    assert_eq!(called.stderr, b"working\n");
    let (report, code) = env.json(&["call", "package", "f", "\"x\""]);
    assert_eq!((code, &report["result"]), (0, &Value::from("x")), "{report}");
    let (report, code) = env.json(&["call", "package", "f"]);
    assert_eq!((code, report.get("result")), (0, Some(&Value::Null)), "{report}");
    // What does not return has no value, however it ends.
    for function in ["junk", "leave"] {
        let (report, code) = env.json(&["call", "candidate.py", function]);
        assert_eq!((code, report.get("result")), (15, None), "{report}");
    }
    env.fails(&["call", "candidate.py", "so lve"], 2, &["function", "so lve"]);
    env.fails(&["call", "candidate.py", "solve", "[1,"], 2, &["[1,", "begins like JSON"]);
    env.fails(&["call", "absent.py", "f"], 2, &["absent.py"]);
    env.write("not-a-module.py", "");
    env.fails(&["call", "not-a-module.py", "f"], 2, &["not-a-module.py", "can import"]);
}
