//! Sequences of set-ups and forks in one sandbox that compares all memory before every run: a fork gives the report that a fresh
//! run after the same set-up gives, whatever ran in the instances before.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use hyperspace_core::{Mutex, RelPath};
use serde_json::json;

use super::bytes::{FuzzBytes, file_set};
use crate::{Item, Limits, Mount, Report, Sandbox, SandboxConfig, Setup, Template};

/// Maximum number of forks in one sequence.
const FORKS_MAX: usize = 24;
/// Number of set-ups: one more than are kept, so that some have to be made again.
const SETUPS: u64 = 3;

/// State of every kind, and ways to spoil it and to end.
const AGENT: &str = "
import io, os, random, sys, time
SEEN, TABLE = [], {n: str(n) * 3 for n in range(500)}
os.makedirs('/work/made')
LOG = open('/work/log', 'a+')
print('imported', random.random())

def look(n):
    SEEN.append(n)
    LOG.write(f'{n} ')
    LOG.seek(0)
    TABLE[len(TABLE)] = 'x' * n
    open(f'/tmp/{n}', 'w').close()
    return [len(SEEN), len(TABLE), random.random(), time.monotonic_ns(), LOG.read(), sorted(os.listdir('/tmp')), 'leak' in sys.modules]

def leak(n):
    sys.modules['leak'] = sys
    random.seed(n)
    os.environ['LEAK'] = '1'
    os.rmdir('/work/made')
    TABLE.clear()
    sys.setrecursionlimit(200 + n)

def grow(n):
    SEEN.append(bytearray(n << 16))

def spin(n):
    while True:
        n += 1

def dive(n):
    return dive(n)

def leave(n):
    os._exit(n)

def fail(n):
    raise ValueError(n)

def flood(n):
    while True:
        print('x' * 1000)
";
const CALLS: [&str; 8] = ["look", "leak", "grow", "spin", "dive", "leave", "fail", "flood"];

fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
        let templates_max = SETUPS as usize - 1;
        let config = SandboxConfig::default()
            .with_cache_dir(cache)
            .with_verify(true)
            .with_instances_max(2)
            .with_templates_max(templates_max);
        Sandbox::new(&config).unwrap()
    })
}

fn template(seed: u64) -> Template {
    let path = |text| RelPath::new(text).unwrap();
    let limits = Limits::default().with_fuel(60_000_000).with_memory_bytes(48 << 20).with_output_bytes(4_000);
    let setup = Setup::import(&["subject"])
        .limits(limits)
        .seed(seed)
        .python_path("/repo")
        .mount(Mount::read_only(path("repo"), file_set(&[("subject.py", AGENT)])))
        .mount(Mount::scratch(path("work")));
    sandbox().template(setup).unwrap()
}

/// Returns the report of a fresh run. Each is made once.
fn fresh(seed: u64, template: &Template, call: &'static str, number: u64) -> Report {
    static KNOWN: Mutex<BTreeMap<(u64, &str, u64), Report>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock();
    let made = || template.fresh_blocking(item(call, number)).unwrap();
    known.entry((seed, call, number)).or_insert_with(made).clone()
}

fn item(call: &str, number: u64) -> Item {
    Item::call("subject", call, vec![json!(number)]).seed(number)
}

/// Plays a sequence of forks: two bytes for each say which set-up, call and number.
pub fn check(data: &[u8]) {
    let mut bytes = FuzzBytes::new(data);
    for _ in 0..FORKS_MAX {
        let (Some(choice), Some(number)) = (bytes.byte(), bytes.byte()) else { break };
        let (seed, call) = (u64::from(choice) % SETUPS, CALLS[usize::from(choice / 32)]);
        let (template, number) = (template(seed), u64::from(number) % 16);
        let forked = template.fork_blocking(item(call, number)).unwrap();
        assert!(
            forked == fresh(seed, &template, call, number),
            "{call}({number}) after set-up {seed}: {forked:?}"
        );
    }
}
