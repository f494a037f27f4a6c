//! The place in Python code at which a limit stopped a guest.

use hyperspace_sandbox::{CodePlace, Item, Job, Limits, Outcome, Report, Setup};
use hyperspace_testkit::sandbox::sandbox;

fn limits() -> Limits {
    Limits::default().with_fuel(500_000_000).with_output_bytes(4_096)
}

fn run(source: &str) -> Report {
    sandbox().run_blocking(Job::source("program.py", source).limits(limits())).unwrap()
}

#[test]
fn the_place_is_the_innermost_line_of_the_program() {
    let at = |source: &str, function: &str, line: u64| {
        let report = run(source);
        let place = report.stopped_at.unwrap_or_else(|| panic!("{source}: {:?}", report.outcome));
        let expected = CodePlace { function: function.to_owned(), file: "program.py".to_owned(), line };
        assert_eq!(place, expected, "{source}");
        assert_eq!(run(source).stopped_at, Some(place), "the same guest stops at the same place");
    };
    at("while True: pass", "<module>", 1);
    let until = "import time\n\n\ndef solve(x):\n    end = time.time() + 10\n    while time.time() < end:\n        pass\n\nsolve(1)";
    at(until, "solve", 6);
    // In a library, the line that called it.
    at(
        "class A:\n  def f(self):\n    import statistics\n    statistics.mean(range(10**9))\nA().f()",
        "A.f",
        4,
    );
    at("def größe():\n  for i in range(10**12):\n    x = i\n    x\n\n\ngröße()", "größe", 2);
    at("def 大():\n  while 1:\n    hash('a')\n大()", "大", 3);
    at("def g():\n  while True:\n    yield 1\nfor x in g(): pass", "g", 3);
    at("x = [None] * 10\nwhile True:\n    sorted(x, key=lambda y:\n      sum(range(10**6)))", "<lambda>", 4);
    at("\n\nprint('x' * 2_000_000)", "<module>", 3);
}

#[test]
fn an_end_of_its_own_has_no_place() {
    for source in ["import sys; sys.exit(3)", "1 / 0", "pass"] {
        assert_eq!(run(source).stopped_at, None, "{source}");
    }
}

#[test]
fn a_fork_stops_where_the_whole_run_stops() {
    let setup = || Setup::import(&["json"]).limits(limits());
    let item = || Item::source("program.py", "x = 0\nwhile True:\n    x += 1\n");
    let sandbox = sandbox();
    let template = sandbox.template(setup()).unwrap();
    let runtime = hyperspace_testkit::sandbox::runtime();
    let (fork, fresh) = runtime
        .block_on(async { (template.fork(item()).await.unwrap(), template.fresh(item()).await.unwrap()) });
    assert_eq!((&fork.outcome, &fork.stopped_at), (&Outcome::OutOfFuel, &fresh.stopped_at));
    assert_eq!(fork.stopped_at.unwrap().to_string(), "at line 3 of program.py");
}
