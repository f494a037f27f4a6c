//! The access of a door to the files of the guest that waits for it.

use std::sync::{Arc, Mutex, OnceLock};

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, FileError, FilePolicy, Files, Job, Limits, Mount, Outcome, Report, Sandbox,
    async_trait,
};
use hyperspace_testkit::sandbox::config;
use serde_json::{Value, json};

/// One slot: a run beside that took it would wait for ever for the guest that waits for it.
fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let config = config().with_instances_max(1);
    SANDBOX.get_or_init(|| Sandbox::new(&config).unwrap()).clone()
}

struct OnlyLib;

impl FilePolicy for OnlyLib {
    fn decide(&self, path: &RelPath, _op: FileOp) -> Decision {
        match path.as_str().starts_with("lib") {
            true => Decision::Allow,
            false => Decision::deny("only lib"),
        }
    }
}

/// Serves `files`, `python` and `stuck`, and keeps its handle.
struct Desk {
    sandbox: Sandbox,
    kept: Arc<Mutex<Option<Files>>>,
}

#[async_trait]
impl Door for Desk {
    async fn call(
        &mut self,
        DoorCall { files, operation, params, .. }: DoorCall<'_>,
    ) -> Result<Value, DoorError> {
        *self.kept.lock().unwrap() = Some(files.clone());
        match operation {
            "files" => {
                files.write("/repo/lib/a", b"from the door").unwrap();
                assert_eq!(files.write("/repo/x", b""), Err(FileError::Refused("only lib".to_owned())));
                assert_eq!(files.read("relative"), Err(FileError::BadPath));
                let names: Vec<String> =
                    files.list("/").unwrap().into_iter().map(|entry| entry.name).collect();
                Ok(json!({"names": names, "cost": files.cost() > 0}))
            }
            "python" => {
                let job =
                    Job::source("beside.py", params["source"].as_str().unwrap()).current_folder("/repo/lib");
                let report = self.sandbox.run_nested(files, job).await.unwrap();
                assert!(report.changes.is_empty() && report.denials.is_empty());
                Ok(
                    json!({"outcome": report.outcome.name(), "stdout": String::from_utf8_lossy(&report.stdout)}),
                )
            }
            _ => Err(DoorError::WallClock("stuck".to_owned())),
        }
    }
}

fn run(source: &str) -> (Report, Files) {
    let sandbox = sandbox();
    let kept = Arc::new(Mutex::new(None));
    let desk = Desk { sandbox: sandbox.clone(), kept: Arc::clone(&kept) };
    let mut repo = FileSet::new();
    repo.insert(RelPath::new("lib/start").unwrap(), b"0".as_slice()).unwrap();
    let job = Job::source("t.py", source)
        .mount(Mount::read_write(RelPath::new("repo").unwrap(), repo).policy(Arc::new(OnlyLib)))
        .limits(Limits::default().with_descriptors(8))
        .door(&["files", "python", "stuck"], desk);
    let report = sandbox.run_blocking(job).unwrap();
    let files = kept.lock().unwrap().take().unwrap();
    (report, files)
}

#[test]
fn a_door_reads_and_writes_under_the_same_policy() {
    let (report, kept) = run("
import hyperspace
answer = hyperspace.call('files')
assert answer == {'names': ['repo', 'tmp', 'usr'], 'cost': True}, answer
assert open('/repo/lib/a').read() == 'from the door'
");
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    assert_eq!(report.changes.len(), 1);
    assert_eq!((report.denials_total, report.denials[0].target.as_str()), (1, "/repo/x"));
    assert_eq!(kept.read("/repo/lib/a"), Err(FileError::Gone));
    assert_eq!(kept.write("/repo/lib/a", b"later"), Err(FileError::Gone));
}

#[test]
fn a_job_runs_beside_on_the_same_files_and_leaves_open_ones_alone() {
    let (report, _) = run("
import hyperspace, os
kept = open('/repo/lib/start')
answer = hyperspace.call('python', source='''
import os
assert os.getcwd() == '/repo/lib', os.getcwd()
opened = [open('start') for _ in range(3)]
open('made', 'w').write('beside')
try:
    open('/repo/x', 'w')
except PermissionError:
    print('refused')
''')
assert answer == {'outcome': 'completed', 'stdout': 'refused\\n'}, answer
assert kept.read() == '0' and open('/repo/lib/made').read() == 'beside'
for _ in range(20):
    assert hyperspace.call('python', source='print(1)')['stdout'] == '1\\n'
answer = hyperspace.call('python', source='import sys; sys.exit(5)')
assert answer['outcome'] == 'exit', answer
assert sorted(os.listdir('/repo/lib')) == ['made', 'start']
");
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.denials_total, 1);
}

#[test]
fn a_door_whose_backstop_fires_ends_the_run_as_wall_clock() {
    let (report, _) = run("
import hyperspace
open('/repo/lib/kept', 'w').write('x')
try:
    hyperspace.call('stuck')
except BaseException:
    print('survived')
");
    assert_eq!(report.outcome, Outcome::WallClock);
    assert_eq!((report.changes.len(), report.stdout.as_slice()), (1, b"".as_slice()));
}
