//! Attacks by what a meta agent leaves behind: trees that are hard to take over. The run continues with all of them.

use hyperspace_attack::{HostAttack, HostGround};
use hyperspace_core::FileSet;
use hyperspace_eval::Task;
use hyperspace_evolve::{Run, RunOptions, RunResources, SeedAgent, audit, records};
use hyperspace_sandbox::Limits;
use hyperspace_store::Store;

const EDITS: &str = "engine/evolve/src/offspring/edits.rs";
const GOES_ON: &str = "the run goes on, the store is sound";
/// Number of generations after the seed.
const GENERATIONS: u64 = 2;

const TASK: [(&str, &str); 3] = [
    (
        "task.toml",
        "[task]\nname = \"guess\"\ntitle = \"Guess\"\ndescription = \"Return a number.\"\ndirection = \"minimize\"\n\
         [entry]\nmodule = \"task_agent\"\nfunction = \"guess\"\n[scorer]\nkind = \"rows\"\nmetric = \"absolute-error\"\n\
         [splits.train]\nfile = \"train.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n",
    ),
    ("train.csv", "input,expected\n[],20\n"),
    ("held.csv", "input,expected\n[],21\n"),
];
const TASK_AGENT: &str = "def guess():\n    return 10\n";

/// The attacks, in order.
pub(crate) const HOSTILE_TREES: &[HostAttack] = &[
    HostAttack {
        id: "T-ACC-01",
        title: "a folder that becomes a file",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| left(ground, "if os.path.isdir('lib/d'):\n  shutil.rmtree('lib/d')\n  put('lib/d')"),
    },
    HostAttack {
        id: "T-ACC-02",
        title: "a file that becomes a folder",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(ground, "os.remove('lib/f') if os.path.isfile('lib/f') else None\nput('lib/f/g/h')")
        },
    },
    HostAttack {
        id: "T-ACC-03",
        title: "a folder and a file that take each other's name",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "os.rename('lib/d', 'lib/t')\nos.rename('lib/f', 'lib/d')\nos.rename('lib/t', 'lib/f')",
            )
        },
    },
    HostAttack {
        id: "T-ACC-04",
        title: "names that differ in case alone",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(ground, "for name in ['lib/D', 'lib/F/x', 'lib/f2', 'lib/F2', 'lib/LIB/lib']: put(name)")
        },
    },
    HostAttack {
        id: "T-ACC-05",
        title: "names that differ in normal form alone",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(ground, "put('lib/\\u00e9')\nput('lib/e\\u0301')\nput('lib/\\u00c5/x')\nput('lib/A\\u030a')")
        },
    },
    HostAttack {
        id: "T-ACC-06",
        title: "empty folders within each other, and a file in place of one",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "os.makedirs('lib/e/' + '/'.join('x' * 20), exist_ok=True)\nos.makedirs('lib/n', exist_ok=True)\nos.rmdir('lib/n')\nput('lib/n')",
            )
        },
    },
    HostAttack {
        id: "T-ACC-07",
        title: "as many files as fit, then others in their place",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "here = job['generation']\nfor name in os.listdir('lib/many') if os.path.isdir('lib/many') else []: os.remove('lib/many/' + name)\ntry:\n  for n in range(2_000): put(f'lib/many/{here}-{n}')\nexcept OSError: pass",
            )
        },
    },
    HostAttack {
        id: "T-ACC-08",
        title: "as many bytes as fit, then others in their place",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "here = job['generation']\nfor name in os.listdir('lib'):\n  if name.startswith('large'): os.remove('lib/' + name)\nsize = 1 << 22\nwhile size:\n  try:\n    put(f'lib/large-{here}-{size}', b'x' * size)\n  except OSError: pass\n  size //= 2",
            )
        },
    },
    HostAttack {
        id: "T-ACC-09",
        title: "everything removed",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "for name in ['task_agent.py', 'meta_agent.py']: os.remove(name)\nshutil.rmtree('lib')",
            )
        },
    },
    HostAttack {
        id: "T-ACC-10",
        title: "the agent's own files as folders",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "for name in ['task_agent.py', 'meta_agent.py']:\n  os.remove(name)\n  try: os.mkdir(name)\n  except OSError: pass",
            )
        },
    },
    HostAttack {
        id: "T-ACC-11",
        title: "names of control characters, turns of direction, and 255 bytes",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "for name in ['a\\nb', 'a\\tb', '\\u202e', '\\u009b2J', 'x' * 255, '\\u1f600' * 60, ' ', 'a\\\\b', 'CON', '-rf']:\n  try: put('lib/' + name)\n  except (OSError, ValueError): pass",
            )
        },
    },
    HostAttack {
        id: "T-ACC-12",
        title: "files that are no text, and an agent among them",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(ground, "put('lib/b', bytes(range(256)) * 9)\nput('task_agent.py', b'\\xff\\x00' * 100)")
        },
    },
    HostAttack {
        id: "T-ACC-13",
        title: "the deepest path that there may be, moved",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "deep = 'lib/p/' + '/'.join('y' * 25)\nput(deep + '/z')\nos.rename('lib/p', 'lib/q')\nput('lib/p')",
            )
        },
    },
    HostAttack {
        id: "T-ACC-14",
        title: "a thousand changes of the same names",
        held_by: EDITS,
        ends: GOES_ON,
        run: |ground| {
            left(
                ground,
                "for n in range(1_000):\n  name = f'lib/s{n % 7}'\n  if os.path.isdir(name): shutil.rmtree(name)\n  elif os.path.exists(name): os.remove(name)\n  put(name + ('/x' if n % 3 else ''))",
            )
        },
    },
];

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Returns an agent whose meta agent has this body.
fn agent(body: &str) -> Result<SeedAgent, String> {
    let lines: String = body.lines().map(|line| format!("    {line}\n")).collect();
    let meta = format!(
        "import os, shutil\n\
         def put(name, data=b'x'):\n    os.makedirs(os.path.dirname(name) or '.', exist_ok=True)\n    open(name, 'wb').write(data)\n\
         def improve(job):\n    open('lib/log', 'a').write(str(job['candidate']))\n{lines}"
    );
    let files = [
        ("task_agent.py", TASK_AGENT),
        ("meta_agent.py", meta.as_str()),
        ("lib/d/x/y.py", "1"),
        ("lib/d/z.py", "2"),
        ("lib/d-e", "3"),
        ("lib/f", "4"),
        ("lib/log", ""),
    ];
    Ok(SeedAgent { name: "hostile".to_owned(), files: FileSet::try_from(files).map_err(text)? })
}

/// Runs some generations of an agent whose meta agent has this body. Returns the end of the run.
fn left(ground: HostGround<'_>, body: &str) -> Result<String, String> {
    let store = Store::open_or_create(ground.folder, "attack").map_err(text)?;
    let task = Task::from_files(&FileSet::try_from(TASK).map_err(text)?, "guess").map_err(text)?;
    let options = RunOptions {
        candidates: 2,
        meta_limits: Limits::default().with_fuel(2_000_000_000),
        ..RunOptions::default()
    };
    let resources = RunResources::new(ground.evaluator.clone(), 2);
    let agent = agent(body)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    let ended = runtime.block_on(async {
        let mut run = Run::start(store.clone(), task, agent, &options, resources).await?;
        run.run_to(GENERATIONS).await?;
        records(&store, run.id())
    });
    drop(runtime);
    let records = match ended {
        Ok(records) => records,
        Err(error) => return Ok(format!("the run ended: {error}")),
    };
    let mut damage = store.fsck().map_err(text)?.damaged;
    damage.extend(audit(&store).map_err(text)?);
    // An attack whose meta agents fail does not attack anything.
    let metas =
        records.iter().flat_map(|(_, record)| &record.candidates).flat_map(|candidate| &candidate.meta);
    let completed = metas.filter(|meta| meta.outcome == "completed").count();
    Ok(match (damage.first(), completed) {
        (Some(damage), _) => format!("the run goes on, {} is damaged: {}", damage.object, damage.why),
        (None, 0) => "no meta agent completed".to_owned(),
        (None, _) => GOES_ON.to_owned(),
    })
}
