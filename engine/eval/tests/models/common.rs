//! Doors that lead to a stub's models, a sandbox with room for many cases, and a small task.

use std::sync::{Arc, OnceLock};

use hyperspace_core::FileSet;
use hyperspace_eval::{CaseDoors, EvalError, Evaluation, Evaluator, ModelDoors, ModelGrant, Split, Task};
use hyperspace_llm::{Account, BudgetLimits, Cassette, MemoryCassette};
use hyperspace_sandbox::Sandbox;
use hyperspace_testkit::models::StubModels;
use hyperspace_testkit::{file_set, sandbox};

/// A grant of every model of a stub, charged to `account`.
pub(crate) fn grant(stub: &StubModels, account: &Account) -> ModelGrant {
    ModelGrant {
        prefix: "eval".to_owned(),
        models: stub.names(),
        account: account.clone(),
        case_limits: BudgetLimits::default(),
        call_limits: BudgetLimits::default(),
        outages_stop: true,
        charged: false,
    }
}

/// Doors that call every model of a stub, with an account of their own.
pub(crate) fn live(stub: &StubModels, cassette: &Arc<MemoryCassette>) -> Arc<ModelDoors> {
    live_on(stub, &account(), cassette)
}

/// Doors that call every model of a stub, charged to `account`.
pub(crate) fn live_on(
    stub: &StubModels,
    account: &Account,
    cassette: &Arc<MemoryCassette>,
) -> Arc<ModelDoors> {
    let cassette = Arc::clone(cassette) as Arc<dyn Cassette>;
    Arc::new(ModelDoors::live(&stub.models, grant(stub, account), cassette).unwrap())
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
    let sandbox = SANDBOX.get_or_init(|| {
        Sandbox::new(&sandbox::config().with_instances_max(40).with_computing_max(2)).unwrap()
    });
    Evaluator::new(sandbox.clone()).unwrap().workers(2)
}

pub(crate) fn agent(source: &str) -> FileSet {
    file_set(&[("task_agent.py", source)])
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
    Task::from_files(&file_set(&files), "colours").unwrap()
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
