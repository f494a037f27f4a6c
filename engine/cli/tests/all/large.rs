//! Large runs: of two thousand candidates, every command that looks at it answers in under a second; of ten thousand, a report is
//! drawn in under ten.

#![expect(clippy::disallowed_methods, reason = "the time of a command is what is measured")]

use std::time::{Duration, Instant};

use crate::common::{EVOLVE, environment};

const GENERATIONS: &str = "250";
const CANDIDATES: &str = "8";
const MOST: Duration = Duration::from_secs(1);

#[test]
#[ignore = "evolves two thousand candidates first: run it with --ignored --nocapture when a view of runs changes"]
fn two_thousand_candidates_are_looked_at_in_under_a_second() {
    let env = environment();
    let base = EVOLVE.map(|word| if word == "3" { CANDIDATES } else { word });
    let (view, code) = env.json(&[&base[..], &["--generations", GENERATIONS, "--store", "S"]].concat());
    assert_eq!(code, 0, "{view}");
    let run = view["run"].as_str().unwrap().to_owned();
    let other = EVOLVE.map(|word| if word == "5" { "6" } else { word });
    let (second, _) = env.json(&[&other[..], &["--generations", "40", "--store", "S"]].concat());
    let second = second["run"].as_str().unwrap().to_owned();
    let candidate = format!("{run}:249:3");
    let commands: [&[&str]; 18] = [
        &["log"],
        &["log", "--fate", "champion", "--since", "2020-01-01"],
        &["log", &run],
        &["log", &run, "--events"],
        &["log", &run, "--fate", "no-better"],
        &["show", &run],
        &["show", &candidate],
        &["best", &run],
        &["best", &run, "--diff"],
        &["lineage", &run],
        &["tree", &run],
        &["tree", &run, "--all"],
        &["transcript", &candidate],
        &["costs", &run, "--all"],
        &["diff", &run, &candidate],
        &["compare", &run, &second],
        &["export", &run, "--layout", "csv", "--to", "tables"],
        &["export", &run, "--to", "files"],
    ];
    let mut slow = Vec::new();
    for command in commands {
        let begun = Instant::now();
        let output = env.run(&[command, &["--store", "S"]].concat());
        let took = begun.elapsed();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        println!("{:>6} ms  {}", took.as_millis(), command.join(" "));
        if took > MOST {
            slow.push(format!("{command:?} took {took:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
#[ignore = "evolves ten thousand candidates first: run it with --ignored --nocapture when reports change"]
fn ten_thousand_candidates_are_reported_in_under_ten_seconds() {
    const PAGE_BYTES_MAX: u64 = 5_000_000;
    let env = environment();
    let base = EVOLVE.map(|word| if word == "3" { CANDIDATES } else { word });
    let (view, code) = env.json(&[&base[..], &["--generations", "1250", "--store", "S"]].concat());
    assert_eq!(code, 0, "{view}");
    let run = view["run"].as_str().unwrap();
    let begun = Instant::now();
    let (report, code) = env.json(&["report", run, "--to", "report", "--store", "S"]);
    let took = begun.elapsed();
    let page = report["files"]["report.html"].as_u64().unwrap();
    println!("{} candidates, {} ms, page of {page} bytes", report["candidates"], took.as_millis());
    assert_eq!((code, report["candidates"].as_u64()), (0, Some(10_001)));
    assert!(took < 10 * MOST && page < PAGE_BYTES_MAX, "{took:?}, {page} bytes");
}
