//! Work that needs nothing but the processor: the same program files in the sandbox, with fuel, and in `python3`, in CPU time.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyperspace_benches::{
    BenchError, Promise, Python, Spent, Work, geometric_mean, heading, in_turns, measure, only_checked,
    sandbox,
};
use hyperspace_sandbox::{Job, Limits, Sandbox};

const SUITE: [&str; 8] = ["fib", "nbody", "dict", "json", "regex", "sort", "string", "float"];
const ROUNDS: usize = 5;
const MOST: f64 = 1.9;

struct Program {
    name: &'static str,
    path: PathBuf,
    source: String,
}

fn programs() -> Result<Vec<Program>, BenchError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let read = |name| {
        let path = folder.join(name).with_extension("py");
        let source = fs::read_to_string(&path)
            .map_err(|error| BenchError::Machine { what: format!("{}: {error}", path.display()) })?;
        Ok(Program { name, path, source })
    };
    SUITE.into_iter().map(read).collect()
}

fn guest(sandbox: &Sandbox, program: &Program) -> Result<(String, Spent), BenchError> {
    let limits = Limits::default().with_fuel(1 << 40);
    let job = Job::source("program.py", &program.source).limits(limits);
    let (report, spent) = measure(|| Ok(sandbox.run_blocking(job)?))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match report.outcome.name() {
        "completed" => Ok((text(&report.stdout), spent)),
        other => Err(BenchError::Guest { outcome: other.to_owned(), stderr: text(&report.stderr) }),
    }
}

fn peer(python: &Python, program: &Program) -> Result<(String, Spent), BenchError> {
    python.run(&[&program.path.to_string_lossy()])
}

/// CPU time of one program: first the sandbox, then the peers. All must print the same.
fn compare(sandbox: &Sandbox, pythons: &[Python], program: &Program) -> Result<Vec<Duration>, BenchError> {
    let expected = guest(sandbox, program)?.0;
    let check = |who: &str, (printed, spent): (String, Spent)| match printed == expected {
        true => Ok(spent),
        false => {
            let why = format!("{}.py printed {printed:?}, not {expected:?}", program.name);
            Err(BenchError::Peer { peer: who.to_owned(), why })
        }
    };
    let mut works: Vec<Work<'_>> = vec![Box::new(|| check("sandbox", guest(sandbox, program)?))];
    for python in pythons {
        works.push(Box::new(|| check(&python.label(), peer(python, program)?)));
    }
    Ok(in_turns(ROUNDS, &mut works)?.into_iter().map(|medians| medians.cpu).collect())
}

fn main() -> Result<(), BenchError> {
    let (sandbox, programs) = (sandbox(1)?, programs()?);
    if only_checked() {
        return programs.iter().try_for_each(|program| guest(&sandbox, program).map(drop));
    }
    let pythons = Python::all()?;
    let mut ratios = vec![Vec::new(); pythons.len()];
    println!("{}", heading(&format!("cpu: CPU time with fuel, medians of {ROUNDS} rounds in turns")));
    for program in &programs {
        let times = compare(&sandbox, &pythons, program)?;
        print!("{:<6} sandbox {:>7.1} ms", program.name, times[0].as_secs_f64() * 1e3);
        for ((python, of), time) in pythons.iter().zip(&mut ratios).zip(&times[1..]) {
            let ratio = times[0].as_secs_f64() / time.as_secs_f64();
            print!("   python {} {:>7.1} ms ({ratio:.2})", python.version, time.as_secs_f64() * 1e3);
            of.push(ratio);
        }
        println!();
    }
    for (python, of) in pythons.iter().zip(&ratios) {
        println!("geometric mean {:.2} against {}", geometric_mean(of), python.label());
    }
    let what = format!("CPU-bound suite against {}", pythons[0].label());
    println!("{}", Promise { what, most: MOST, found: geometric_mean(&ratios[0]), unit: "" });
    Ok(())
}
