//! The science runtime in the command: named by a flag or a task, and taken where packages or projects need it.

use hyperspace_testkit::command::TestEnvironment;
use serde_json::Value;

use crate::common::environment;

const TASK: &str = "[task]\nname = \"own\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
    [entry]\nmodule = \"task_agent\"\nfunction = \"solve\"\n[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n\
    [splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";
const AGENT: &str = "import numpy as np\n\ndef solve(n):\n    return int(np.arange(n).sum())\n";

/// Writes a task whose definition begins with `head`, and a candidate that needs numpy.
fn write_task(env: &TestEnvironment, head: &str) {
    env.write("own/task.toml", format!("{head}{TASK}"));
    env.write("own/a.jsonl", "{\"input\":[100000],\"expected\":4999950000}\n");
    env.write("own/b.jsonl", "{\"input\":[3],\"expected\":3}\n");
    env.write("task_agent.py", AGENT);
    env.write(
        "own/seed/meta_agent.py",
        "import hyperspace\n\ndef improve(job):\n    hyperspace.note('nothing to do')\n",
    );
    env.write("own/seed/task_agent.py", AGENT);
}

fn evaluated(env: &TestEnvironment, more: &[&str]) -> (Value, i32) {
    env.json(&[&["eval", "--task", "./own", "--agent", "task_agent.py", "--split", "all"], more].concat())
}

#[test]
fn programs_and_functions_have_numpy_where_it_is_asked_for() {
    let env = environment();
    env.write(
        "a.py",
        "import sys, numpy as np\nprint(np.arange(3).dtype, 2 ** 31 + np.arange(2), sys.argv[1:])\n",
    );
    let run = |args: &[&str]| {
        let (view, code) = env.json(args);
        assert_eq!(code, 0, "{view}");
        view
    };
    let view = run(&["exec", "--runtime", "science", "a.py", "x"]);
    assert_eq!(view["stdout"], "int64 [2147483648 2147483649] ['x']\n");
    assert!(view.get("hints").is_none());
    assert_eq!(view["digest"], run(&["exec", "--runtime", "science", "a.py", "x"])["digest"]);
    let view =
        run(&["exec", "--runtime", "science", "-c", "import numpy; print(numpy.ones(2) @ numpy.ones(2))"]);
    assert_eq!(view["stdout"], "2.0\n");
    env.write("task_agent.py", AGENT);
    assert_eq!(
        run(&["call", "--runtime", "science", "task_agent.py", "solve", "100000"])["result"],
        4_999_950_000_u64
    );
    env.fails(&["exec", "--runtime", "scipy", "a.py"], 2, &["scipy", "plain", "science"]);
    let (view, code) = env.json(&["exec", "--runtime", "science", "-c", "import pandas"]);
    assert_eq!(code, 15);
    assert!(
        view["hints"][0].as_str().unwrap().contains("numpy, scipy and the standard library only"),
        "{view}"
    );
}

#[test]
fn packages_that_import_numpy_bring_the_runtime_that_has_it() {
    let env = environment();
    env.write(
        "vendor/tools/__init__.py",
        "import numpy as np\n\ndef total(n):\n    return int(np.arange(n).sum())\n",
    );
    env.write("a.py", "import tools; print(tools.total(100000))\n");
    let (view, code) = env.json(&["exec", "--packages", "vendor", "a.py"]);
    assert_eq!((code, view["stdout"].as_str()), (0, Some("4999950000\n")), "{view}");
    assert_eq!(
        view["hints"][0],
        "tools/__init__.py, line 1, imports numpy, so this ran in the science runtime; --runtime plain keeps the plain one"
    );
    let (view, code) = env.json(&["exec", "--runtime", "plain", "--packages", "vendor", "a.py"]);
    assert_eq!(code, 15);
    assert!(view["hints"][0].as_str().unwrap().contains("--runtime science"), "{view}");
    write_task(&env, "");
    env.write("task_agent.py", "import tools\n\ndef solve(n):\n    return tools.total(n)\n");
    let (view, code) = evaluated(&env, &["--packages", "vendor"]);
    assert_eq!((code, view["score"].as_f64()), (0, Some(1.0)), "{view}");
    assert!(view["notice"].as_str().unwrap().contains("tools/__init__.py, line 1, imports numpy"), "{view}");
    write_task(&env, "runtime = \"plain\"\n");
    env.write("task_agent.py", "import tools\n\ndef solve(n):\n    return tools.total(n)\n");
    assert_eq!(evaluated(&env, &["--packages", "vendor"]).1, 15);
}

#[test]
fn a_task_that_names_the_runtime_is_evaluated_evolved_and_replayed_in_it() {
    let env = environment();
    write_task(&env, "");
    let (view, code) = evaluated(&env, &[]);
    assert_eq!(code, 15);
    assert!(view["hint"].as_str().unwrap().contains("runtime = \"science\""), "{view}");
    write_task(&env, "runtime = \"scipy\"\n");
    env.fails(&["eval", "--task", "./own"], 2, &["own/task.toml", "line 1", "\"plain\" or \"science\""]);
    write_task(&env, "runtime = \"science\"\n");
    let (view, code) = evaluated(&env, &[]);
    assert_eq!((code, view["score"].as_f64()), (0, Some(1.0)), "{view}");
    assert!(view.get("notice").is_none());
    let (run, code) = env.json(&[
        "evolve",
        "--task",
        "./own",
        "--agent",
        "./own/seed",
        "--generations",
        "1",
        "--candidates",
        "1",
    ]);
    assert_eq!(code, 0, "{run}");
    let (replay, code) = env.json(&["replay", run["run"].as_str().unwrap()]);
    assert_eq!(code, 0, "{replay}");
    let (resumed, code) = env.json(&["resume", "--generations", "2"]);
    assert_eq!(code, 0, "{resumed}");
}

#[test]
fn a_project_that_imports_numpy_becomes_a_task_with_the_runtime_that_has_it() {
    let env = environment();
    let evaluator = "import importlib.util\nimport numpy as np\n\ndef evaluate(path):\n    \
        spec = importlib.util.spec_from_file_location('program', path)\n    module = importlib.util.module_from_spec(spec)\n    \
        spec.loader.exec_module(module)\n    return {'combined_score': float(np.sum(module.solve(4)))}\n";
    env.write("p/evaluator.py", evaluator);
    env.write("p/initial_program.py", "# EVOLVE-BLOCK-START\nimport numpy as np\n\ndef solve(n):\n    return np.arange(n) / 2\n# EVOLVE-BLOCK-END\n");
    let (view, code) = env.json(&["project", "import", "p", "--out", "task"]);
    assert_eq!(code, 0, "{view}");
    let told = "evaluator.py, line 2: import of numpy: guests have the science runtime";
    assert!(view["understood"].as_array().unwrap().iter().any(|line| line == told), "{view:#}");
    let definition = std::fs::read_to_string(env.path("task/task.toml")).unwrap();
    assert!(definition.contains("\nruntime = \"science\"\n"), "{definition}");
    let (evaluation, code) = env.json(&["eval", "--task", "./task"]);
    assert_eq!((code, evaluation["score"].as_f64()), (0, Some(3.0)), "{evaluation}");
}

/// An evaluator of a packing hands arrays to the program and gets arrays, numbers and lists of them back, in a guest of its own.
#[test]
fn arrays_pass_between_an_evaluator_and_a_program() {
    let env = environment();
    let evaluator = "import importlib.util\nimport numpy as np\n\ndef evaluate(path):\n    \
        spec = importlib.util.spec_from_file_location('program', path)\n    module = importlib.util.module_from_spec(spec)\n    \
        spec.loader.exec_module(module)\n    centers, radii, total = module.pack(np.array([[0.5, 0.5], [0.25, 0.75]]), np.float64(2))\n    \
        assert centers.shape == (2, 2) and centers.dtype == np.float64 and centers.flags.writeable\n    \
        assert type(total) is np.float64 and isinstance(radii, np.ndarray)\n    centers[0] = 0\n    \
        kinds = module.kinds()\n    assert [str(a.dtype) for a in kinds] == ['bool', 'int32', 'complex128', '<U2', 'float32'], kinds\n    \
        assert kinds[0].tolist() == [True, False] and kinds[3].tolist() == ['ab', 'c'] and kinds[1].shape == (0, 3)\n    \
        try:\n        module.objects()\n    except TypeError as error:\n        assert 'an array of object' in str(error), error\n    \
        return {'combined_score': total, 'count': np.int64(len(radii)), 'part': radii.mean()}\n";
    let program = "import numpy as np\n\ndef pack(centers, factor):\n    assert type(factor) is np.float64\n    \
        radii = centers.min(axis=1) / factor\n    return centers, radii, radii.sum()\n\ndef kinds():\n    \
        return [np.array([True, False]), np.zeros((0, 3), 'i4'), np.array([1 + 2j]), np.array(['ab', 'c']), np.float32(1.5)]\n\n\
        def objects():\n    return np.array([object()])\n";
    env.write("p/evaluator.py", evaluator);
    env.write("p/initial_program.py", program);
    let (view, code) = env.json(&["project", "import", "p", "--out", "task"]);
    assert_eq!(code, 0, "{view}");
    let (evaluation, code) = env.json(&["eval", "--task", "./task"]);
    assert_eq!((code, evaluation["score"].as_f64()), (0, Some(0.375)), "{evaluation}");
}
