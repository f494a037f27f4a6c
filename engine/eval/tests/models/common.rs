//! A stub server with a clock that nobody waits for, a sandbox with room for many rows, and a small task.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{CaseDoors, EvalError, Evaluation, Evaluator, ModelDoors, ModelGrant, Split, Task};
use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, Cassette, MemoryCassette, ModelEnvironment, Models, Registry, Secret,
    TimeSource,
};
use hyperspace_sandbox::{Sandbox, SandboxConfig};

/// Time passes by sleeping.
#[derive(Debug, Default)]
struct Virtual(Mutex<u64>);

impl TimeSource for Virtual {
    fn now_ms(&self) -> u64 {
        *self.0.lock().unwrap()
    }

    fn unix_seconds(&self) -> u64 {
        784_111_777 + self.now_ms() / 1_000
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        *self.0.lock().unwrap() += ms;
        Box::pin(ready(()))
    }
}

/// A stub, and models that lead to it.
pub(crate) struct Place {
    pub(crate) stub: StubServer,
    pub(crate) models: Models,
}

impl Place {
    /// Models of these names; `settings` are further fields of their sections.
    pub(crate) async fn new(script: &str, names: &[&str], settings: &str) -> Self {
        let clock = Arc::new(Virtual::default());
        let stub = StubServer::start(Script::parse("test", script).unwrap(), 0, clock.clone()).await.unwrap();
        let section = |name: &&str| {
            format!("[{name}]\nbase-url = {:?}\napi-key-env = \"KEY\"\n{settings}\n", stub.base_url())
        };
        let sections: String = names.iter().map(section).collect();
        let registry = Registry::new(toml::from_str(&sections).unwrap());
        let variables = BTreeMap::from([("KEY".to_owned(), Secret::new("sk-canary-5f0e1d2c"))]);
        let around = ModelEnvironment { variables, files: BTreeMap::new() };
        let models = names.iter().map(|name| registry.model(name, &around).unwrap()).collect();
        Self { stub, models: Models::new(models, CallOptions::default(), clock).unwrap() }
    }

    /// Doors that call every model of this place, charged to `account`.
    pub(crate) fn grant(&self, account: &Account) -> ModelGrant {
        ModelGrant {
            prefix: "eval".to_owned(),
            models: self.models.names().map(str::to_owned).collect::<BTreeSet<_>>(),
            account: account.clone(),
            case_limits: BudgetLimits::default(),
            call_limits: BudgetLimits::default(),
            outages_stop: true,
            charged: false,
        }
    }

    pub(crate) fn live(&self, cassette: &Arc<MemoryCassette>) -> Arc<ModelDoors> {
        self.live_on(&account(), cassette)
    }

    pub(crate) fn live_on(&self, account: &Account, cassette: &Arc<MemoryCassette>) -> Arc<ModelDoors> {
        let cassette = Arc::clone(cassette) as Arc<dyn Cassette>;
        Arc::new(ModelDoors::live(&self.models, self.grant(account), cassette).unwrap())
    }

    /// What was charged is what the server told, to the token, and every fault was handled in exactly one way.
    pub(crate) fn assert_exact(&self) {
        let (told, stats) = (self.stub.stats(), self.models.stats());
        assert_eq!(
            (stats.spent.input_tokens, stats.spent.output_tokens),
            (told.input_tokens, told.output_tokens)
        );
        assert_eq!(stats.faults.values().sum::<u64>(), stats.retried + stats.trimmed + stats.reported);
        assert_eq!(stats.attempts, told.requests);
    }
}

pub(crate) fn account() -> Account {
    Account::new("the evaluation", BudgetLimits::default())
}

pub(crate) fn replayed(cassette: &Arc<MemoryCassette>) -> Arc<ModelDoors> {
    Arc::new(ModelDoors::replayed("eval", Arc::clone(cassette) as Arc<dyn Cassette>))
}

/// An evaluator with two workers and 32 rows at a time.
pub(crate) fn evaluator() -> Evaluator {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
    let sandbox = SANDBOX.get_or_init(|| {
        let config =
            SandboxConfig::default().with_cache_dir(cache).with_instances_max(40).with_computing_max(2);
        Sandbox::new(&config).unwrap()
    });
    Evaluator::new(sandbox.clone()).unwrap().workers(2)
}

pub(crate) fn agent(source: &str) -> FileSet {
    let mut set = FileSet::new();
    set.insert(RelPath::new("task_agent.py").unwrap(), source.as_bytes()).unwrap();
    set
}

/// A task with one row per number: the thing `row-07;` with the label red or blue in turns.
pub(crate) fn colours(rows: usize, more: &str) -> Task {
    let toml = format!(
        "[task]\nname = \"colours\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
         [entry]\nmodule = \"task_agent\"\nclass = \"TaskAgent\"\nfunction = \"forward\"\n\
         [scorer]\nkind = \"rows\"\nmetric = \"label\"\npoints = {{ red = 0, blue = 1 }}\n\
         [rows]\nid = \"id\"\nexpected = \"label\"\ninput = {{ thing = \"thing\" }}\n{more}\n\
         [splits.train]\nfile = \"train.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n"
    );
    let mut train = "id,thing,label\n".to_owned();
    for index in 0..rows {
        train.push_str(&format!("r{index:02},row-{index:02};,{}\n", ["red", "blue"][index % 2]));
    }
    let held = "id,thing,label\nh,row-99;,red\n".to_owned();
    let files = [("task.toml", toml), ("train.csv", train), ("held.csv", held)];
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    Task::from_files(&files, "colours").unwrap()
}

/// Asks the model that it is told to use, after a conversation that has a past.
pub(crate) const ASKING: &str = r#"
from agent.llm_client import get_response_from_llm

PAST = [{"role": role, "text": f"{role} {turn} " + "x" * 200} for turn in range(4) for role in ("user", "assistant")]

class TaskAgent:
    def __init__(self, model="default"):
        self.model = model

    def forward(self, inputs):
        text, history, _ = get_response_from_llm(
            "Name the colour of " + inputs["thing"], model=self.model, msg_history=PAST, max_tokens=100,
        )
        return text, history
"#;

/// The right answer to every third row is red, to all others blue.
pub(crate) const ANSWERS: &str = r#"
[[rule]]
when = { matches = 'row-\d[0369];' }
[[rule.answer]]
text = "red"
[[rule]]
[[rule.answer]]
text = "blue"
"#;

/// Evaluates on the training data.
pub(crate) async fn evaluate(
    task: &Task,
    source: &str,
    doors: Arc<dyn CaseDoors>,
) -> Result<Evaluation, EvalError> {
    let evaluator = evaluator().doors(doors).model(Some("m".to_owned()));
    evaluator.evaluate(task, &agent(source), Split::Train).await
}
