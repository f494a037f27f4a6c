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
fn alarms_end_what_takes_longer() {
    let ended = |source: &str| {
        let report = check(source, "completed", "");
        assert_eq!(report["stdout"], "ended\n", "{source}");
    };
    let body = "    while True:\n        pass\nexcept TimeoutError:\n    print('ended')\n";
    let handler = "def late(number, frame):\n    raise TimeoutError\n";
    ended(&format!(
        "import signal\n{handler}signal.signal(signal.SIGALRM, late)\nsignal.alarm(1)\ntry:\n{body}"
    ));
    ended(&format!(
        "from signal import ITIMER_REAL, SIGALRM, setitimer, signal\n{handler}before = signal(SIGALRM, late)\nassert signal(SIGALRM, late) is late\nsetitimer(ITIMER_REAL, 0.5)\ntry:\n{body}"
    ));
    check(
        "import signal\nsignal.alarms",
        "exception",
        "AttributeError: module 'signal' has no attribute 'alarms'",
    );
    // Without a handler, an alarm ends the program, as it does elsewhere.
    check("import signal\nsignal.alarm(1)\nwhile True: pass", "exit", "");
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
fn what_a_guest_prints_is_a_text_whatever_it_begins_with() {
    let env = environment();
    for text in ["\0int:5", "\0int:],", "\0\0"] {
        env.write("program.py", format!("import sys; print({text:?}, end=''); sys.exit({text:?})"));
        let (report, _) = env.json(&["exec", "program.py"]);
        assert_eq!(report["stdout"], text);
    }
    env.write("f.py", "def f(): print('\\0int:5', end=''); return [2**70, '\\0int:5']");
    let output = env.run(&["call", "f.py", "f", "--json"]);
    let document = String::from_utf8(output.stdout).unwrap();
    assert!(document.contains(r#""result":[1180591620717411303424,"\u0000int:5"]"#), "{document}");
    assert!(document.contains(r#""stdout":"\u0000int:5""#), "{document}");
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
    assert_eq!(printed(&["program.py", "a"]), "42 ['program.py', 'a']\n");
    assert_eq!(printed(&["tool", "-x"]), "part ['-x']\n");
    assert_eq!(printed(&["--mount", "tool", "-m", "inner", "one", "-y"]), "inner ['one', '-y'] __main__\n");
    // Everything after a module or a text is the program's, as with python3.
    for words in
        [&["-m", "json.tool", "--", "--help"][..], &["-m", "json.tool", "--help"], &["-m", "json.tool", "-h"]]
    {
        assert!(printed(words).starts_with("usage:"), "{words:?}");
    }
    let shown = "import sys; print(sys.argv)";
    assert_eq!(printed(&["-c", shown, "z"]), "['-c', 'z']\n");
    assert_eq!(
        printed(&["--fuel", "2s", "-c", shown, "--fuel", "-V", "--version"]),
        "['-c', '--fuel', '-V', '--version']\n"
    );
    assert_eq!(printed(&["-c", "quit(0)"]), "");
    // A module of the current folder comes with what is beside it; a text does not, but is told how.
    assert_eq!(printed(&["-m", "program"]).split(' ').next(), Some("42"));
    assert_eq!(printed(&["-m", "tool.inner", "-x"]), "inner ['-x'] __main__\n");
    env.fails(
        &["exec", "-c", "import helper"],
        15,
        &["ModuleNotFoundError", "helper.py is not in the guest", "--mount ./helper.py"],
    );
    env.fails(&["exec", "climber"], 2, &["climber", "__main__.py"]);
    env.fails(&["exec", "-m", "a b"], 2, &["a b", "module"]);
    env.fails(&["exec", "--mount", "absent", "program.py"], 2, &["absent"]);
    env.fails(&["exec", "-m", "no_such_module", "-c", "y"], 15, &["No module named no_such_module"]);
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

#[test]
fn a_file_runs_as_python_runs_it_in_its_folder() {
    let env = environment();
    let folder = env.path("own");
    std::fs::create_dir_all(folder.join("part")).unwrap();
    for (name, text) in [
        ("helper.py", "K = 5\n"),
        ("part/__init__.py", "P = 6\n"),
        ("data.txt", "beside"),
        (".hidden", "no"),
        ("a.py", "import os\nprint(os.path.dirname(os.path.abspath(__file__)))\n"),
        ("b.py", "print('done')\nexit()\nprint('not reached')\n"),
        ("c.py", "\u{feff}print('bom')\n"),
        (
            "d.py",
            "import helper, part, os\nprint(helper.K, part.P, open('data.txt').read(), sorted(os.listdir()))\n",
        ),
        ("e.py", "import sys\nquit(len(sys.argv))\n"),
        ("random.py", "def own(): return 'own'\n"),
        ("agent.py", "NAME = 'mine'\n"),
        (
            "f.py",
            "import random, agent, re, json\nprint(random.own(), agent.NAME, json.dumps(re.findall('a', 'aa')))\n",
        ),
        (
            "g.py",
            "import sys, __main__\nprint(sys.argv[0], __name__, __file__, sys.path[0], __main__.__file__ == __file__)\n",
        ),
        (
            "h h.py",
            "import unittest\nclass T(unittest.TestCase):\n    def test(self): pass\nunittest.main()\n",
        ),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    std::fs::write(folder.join("latin.py"), b"# coding: latin-1\nprint(ascii('\xe9'))\n").unwrap();
    let run = |file: &str| env.run(&["exec", &format!("own/{file}"), "one"]);
    let check = |file: &str, text: &str, code: i32| {
        let output = run(file);
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((found.as_str(), output.status.code()), (text, Some(code)), "{file}: {errors}");
    };
    check("a.py", "/own\n", 0);
    check("b.py", "done\n", 0);
    check("c.py", "bom\n", 0);
    let listed = "['a.py', 'agent.py', 'b.py', 'c.py', 'd.py', 'data.txt', 'e.py', 'f.py', 'g.py', 'h h.py', 'helper.py', 'latin.py', \
         'part', 'random.py']";
    check("d.py", &format!("5 6 beside {listed}\n"), 0);
    check("e.py", "", 15);
    check("latin.py", "'\\xe9'\n", 0);
    check("f.py", "own mine [\"a\", \"a\"]\n", 0);
    check("g.py", "g.py __main__ /own/g.py /own True\n", 0);
    let tests = env.run(&["exec", "own/h h.py"]);
    assert!(
        String::from_utf8_lossy(&tests.stderr).contains("Ran 1 test"),
        "{}",
        String::from_utf8_lossy(&tests.stderr)
    );
    // The same from within the folder, and by a link from elsewhere.
    std::os::unix::fs::symlink("own/d.py", env.path("link.py")).unwrap();
    assert!(env.run(&["exec", "link.py"]).stdout.starts_with(b"5 6 beside"));
    assert!(!folder.join("__pycache__").exists());
}

#[test]
fn pools_do_their_work_at_once() {
    let source = "from concurrent.futures import ThreadPoolExecutor, as_completed\nwith ThreadPoolExecutor(4) as pool:\n    \
        print(list(pool.map(abs, [-1, 2])), [f.result() for f in as_completed([pool.submit(abs, -3)])])\n    \
        print(repr(pool.submit(int, 'x').exception()))\n";
    let report = check(source, "completed", "");
    assert_eq!(report["stdout"], "[1, 2] [3]\nValueError(\"invalid literal for int() with base 10: 'x'\")\n");
    assert!(report.get("hints").is_none());
}

#[test]
fn what_can_be_done_is_said() {
    let said = |source: &str, text: &str| {
        let (report, _) = exec(source, &["--fuel", "2000000000"]);
        assert!(report["hints"][0].as_str().unwrap_or_default().contains(text), "{report}");
    };
    said("import numpy", "numpy is in the science runtime; --runtime science runs the program there");
    said("import scipy", "scipy is in the science runtime; --runtime science runs the program there");
    said("import pandas", "standard library");
    said("import sqlite3", "sqlite3 is not in the sandbox");
    said("import ssl", "ssl is not in the sandbox");
    said(
        "import threading\nthreading.Thread(target=print).start()",
        "no threads; pools of concurrent.futures",
    );
    said("import subprocess\nsubprocess.run(['ls'])", "the sandbox has no processes");
    said("print('begun')\nwhile True: pass", "2.0 s of its own clock");
    assert_eq!(exec("print('begun')\nwhile True: pass", &["--fuel", "1s"]).0["stdout"], "begun\n");
    let (report, _) = exec("def f():\n    while True:\n        pass\nf()", &["--fuel", "1s"]);
    assert_eq!(
        (
            report["stopped_at"]["function"].as_str(),
            report["stopped_at"]["line"].as_u64().map(|line| (2..=3).contains(&line))
        ),
        (Some("f"), Some(true)),
        "{report}"
    );
    said("open(__file__, 'w')", "only /tmp can be written");
    let env = environment();
    env.write("a.py", "import numpy");
    env.fails(&["exec", "a.py"], 15, &["hint: numpy is in the science runtime; --runtime science"]);
    env.write("a.py", "import pandas");
    env.fails(&["exec", "a.py"], 15, &["hint: the sandbox has the standard library only; --packages PATH"]);
}

/// A wheel with one module, made by the Python of this machine; `None` without one.
fn wheel(folder: &std::path::Path, name: &str, module: &str) -> Option<std::path::PathBuf> {
    let path = folder.join(name);
    let source = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as wheel:\n    \
        wheel.writestr(sys.argv[2], 'def double(x): return 2 * x\\n' * 9)\n";
    let made = std::process::Command::new("python3").args(["-c", source]).arg(&path).arg(module).status();
    made.is_ok_and(|status| status.success()).then_some(path)
}

#[test]
fn packages_are_folders_and_wheels_of_pure_python() {
    let env = environment();
    env.write("vendor/tools/__init__.py", "NAME = 'tools'\n");
    env.write("vendor/single.py", "NAME = 'single'\n");
    env.write("a.py", "import tools, single; print(tools.NAME, single.NAME)");
    env.write("b.py", "import tools; print(tools.NAME)");
    let printed = |args: &[&str]| {
        let (report, code) = env.json(args);
        assert_eq!(code, 0, "{args:?}: {report}");
        report["stdout"].as_str().unwrap().to_owned()
    };
    assert_eq!(printed(&["exec", "--packages", "vendor", "a.py"]), "tools single\n");
    assert_eq!(printed(&["exec", "--packages", "vendor/tools", "b.py"]), "tools\n");
    let Some(_) = wheel(&env.path("."), "double-1.0-py3-none-any.whl", "double/__init__.py") else { return };
    env.write("task_agent.py", "import double\ndef solve(x): return double.double(x)\n");
    env.write("own/task.toml", "[task]\nname = \"own\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"task_agent\"\nfunction = \"solve\"\n[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n\
        [splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n");
    env.write("own/a.jsonl", "{\"input\":[21],\"expected\":42}\n");
    env.write("own/b.jsonl", "{\"input\":[2],\"expected\":4}\n");
    let wheel_path = "double-1.0-py3-none-any.whl";
    assert_eq!(
        printed(&["exec", "--packages", wheel_path, "-c", "import double; print(double.double(21))"]),
        "42\n"
    );
    let (view, code) =
        env.json(&["eval", "--task", "own", "--agent", "task_agent.py", "--packages", wheel_path]);
    assert_eq!((code, view["score"].as_f64()), (0, Some(1.0)), "{view}");
    assert_eq!(env.run(&["eval", "--task", "own", "--agent", "task_agent.py"]).status.code(), Some(15));
    let native = "fast-1.0-cp313-cp313-manylinux_2_17_x86_64.whl";
    wheel(&env.path("."), native, "fast.so").unwrap();
    wheel(&env.path("."), "fast-1.0-py3-none-any.whl", "fast/core.cpython-313-x86_64-linux-gnu.so").unwrap();
    wheel(&env.path("."), "old-1.0-py2-none-any.whl", "old.py").unwrap();
    env.write("binary/fast.so", "x");
    for (name, words) in [
        (native, [native, "native code"]),
        ("fast-1.0-py3-none-any.whl", ["fast/core.cpython-313-x86_64-linux-gnu.so", "native code"]),
        ("old-1.0-py2-none-any.whl", ["old-1.0", "Python 3.13"]),
        ("binary", ["binary/fast.so", "native code"]),
        ("absent", ["absent", "no such file"]),
        ("a.py", ["a.py", "a folder or a wheel"]),
    ] {
        env.fails(&["exec", "--packages", name, "a.py"], 2, &words);
        env.fails(&["eval", "--task", "own", "--packages", name], 2, &words);
    }
}

#[test]
fn an_evaluation_without_a_score_says_what_can_be_done() {
    let env = environment();
    let folder = env.path("own");
    std::fs::create_dir_all(&folder).unwrap();
    let definition = "[task]\nname = \"own\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"task_agent\"\nfunction = \"solve\"\n[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n\
        [splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n[limits]\nfuel = 300000000\n";
    for (name, text) in [
        ("task.toml", definition),
        ("a.jsonl", "{\"input\":[1],\"expected\":123456789012345678901234567890}\n"),
        ("b.jsonl", "{\"input\":[2],\"expected\":18446744073709551617}\n"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let said = |source: &str, words: &[&str]| {
        env.write("task_agent.py", source);
        let output = env.run(&["eval", "--task", "own", "--agent", "task_agent.py"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(15), "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    said("import numpy", &["hint: numpy is in the science runtime", "runtime = \"science\""]);
    said("import scipy", &["hint: scipy is in the science runtime", "runtime = \"science\""]);
    said("import pandas", &["hint: ", "standard library", "packages = ["]);
    said(
        "def solve(x):\n    print('so far', flush=True)\n    while True: pass\n",
        &[
            "hint: ",
            "300000000 units of fuel, which are 0.3 s",
            "out of fuel after 0.3 virtual seconds",
            "in solve, line 3 of task_agent.py",
            "so far",
        ],
    );
    let until = "import time\n\n\ndef solve(x):\n    end = time.time() + 10\n    while time.time() < end:\n        pass\n    return x\n";
    said(until, &["in solve, line 6 of task_agent.py"]);
    let wrong =
        "def solve(x):\n    return 123456789012345678901234567891 if x == 1 else 18446744073709551616\n";
    env.write("task_agent.py", wrong);
    for split in ["train", "held-out"] {
        let (view, _) = env.json(&["eval", "--task", "own", "--agent", "task_agent.py", "--split", split]);
        assert_eq!(view["score_exact"], "0/1", "{view}");
    }
}

#[test]
fn integers_of_any_length_are_printed_with_their_digits() {
    let env = environment();
    env.write("big.py", "def main(n):\n    return {'n': 10 ** n + 1, 'small': 7}\n");
    let digits = format!("1{}1", "0".repeat(99));
    for form in [&["call", "big.py", "main", "100"][..], &["call", "--json", "big.py", "main", "100"]] {
        let printed = String::from_utf8(env.run(form).stdout).unwrap();
        assert!(printed.contains(&format!("\"n\":{digits}")) && !printed.contains("int:"), "{printed}");
    }
}
