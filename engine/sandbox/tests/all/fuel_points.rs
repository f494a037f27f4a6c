//! A Python program is interrupted at many points of its fuel: every report is a beginning of the undisturbed one, and the
//! next run is the undisturbed one.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{Job, Limits, Mount, Outcome, Report};
use hyperspace_testkit::sandbox::{CountingDoor, sandbox};

/// Every kind of host call that Python makes: files, folders, time, randomness, door, output, exit.
const SOURCE: &str = "
import json, os, random, sys, time
import _hyperspace
for step in range(12):
    os.makedirs(f'/work/d{step}/e')
    with open(f'/work/d{step}/f', 'w+') as stream:
        stream.write('x' * 100 * step)
        stream.seek(10)
        stream.truncate(50)
        os.fsync(stream.fileno())
    os.rename(f'/work/d{step}/f', f'/work/d{step}/g')
    os.utime(f'/work/d{step}/g')
    sorted(os.listdir('/work')), os.stat('/work'), os.path.exists('/nowhere')
    os.rmdir(f'/work/d{step}/e')
    time.sleep(0.5)
    answer = json.loads(_hyperspace.send(b'{\"op\": \"count\"}'))['ok']
    print(step, answer, time.monotonic_ns(), os.urandom(3).hex(), random.random(), flush=True)
    print('error', step, file=sys.stderr, flush=True)
sys.exit(3)
";

#[test]
fn a_program_may_be_interrupted_anywhere() {
    let run = |fuel| -> Report {
        let job = Job::source("t.py", SOURCE)
            .limits(Limits::default().with_fuel(fuel))
            .mount(Mount::read_write(RelPath::new("work").unwrap(), FileSet::new()))
            .door(&["count"], CountingDoor::default());
        sandbox().run_blocking(job).unwrap()
    };
    let whole = run(10_000_000_000);
    assert_eq!(whole.outcome, Outcome::Exit { code: 3 }, "{}", String::from_utf8_lossy(&whole.stderr));
    assert_eq!((whole.changes.len(), whole.host_calls), (12, 12));
    let (first, used) = (1_000_000, whole.fuel_used);
    let step = (used - first) / 150;
    let mut calls = 0;
    for fuel in (0..150).map(|index| first + index * step) {
        let cut = run(fuel);
        assert_eq!((&cut.outcome, cut.fuel_used), (&Outcome::OutOfFuel, fuel));
        assert!(whole.stdout.starts_with(&cut.stdout) && whole.stderr.starts_with(&cut.stderr), "at {fuel}");
        assert!(cut.host_calls >= calls && cut.changes.len() <= 13, "at {fuel}");
        assert!(cut.virtual_ns <= whole.virtual_ns && cut.memory_bytes_peak <= whole.memory_bytes_peak);
        calls = cut.host_calls;
    }
    assert_eq!(run(10_000_000_000), whole);
    let enough = run(used);
    assert_eq!(enough, whole, "exactly enough is enough");
    assert_eq!(run(used - 1).outcome, Outcome::OutOfFuel, "one less is too little");
}
