//! Doors of cases: models, budgets, recordings, and everything that ends an evaluation instead of a case.

use std::sync::Arc;

use hyperspace_eval::{
    CaseDoors, EvalError, Evaluation, MemoryCache, ModelDoors, ModelGrant, Score, Split, Task,
};
use hyperspace_llm::{
    Account, BudgetLimits, Cassette, Exchange, MemoryCassette, Resource, Session, SessionError,
    SessionOptions, Spend,
};

use crate::common::{
    ANSWERS, ASKING, account, agent, colours, evaluate, evaluator, grant, live, live_on, replayed,
};
use hyperspace_testkit::models::StubModels;

fn recorded(cassette: &Arc<MemoryCassette>) -> Vec<Exchange> {
    cassette.exchanges().into_iter().map(|(exchange, _)| exchange).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_depends_on_how_many_rows_wait_at_a_time() {
    // Later rows answer sooner, so that what is done first is never what comes first.
    let late = r#"
[[rule]]
when = { matches = 'row-0\d;' }
[[rule.answer]]
text = "red"
delay-ms = 30
"#;
    let task = colours(40, "stage = { rows = 10, threshold = 0.1 }");
    let stub = StubModels::start(&format!("{late}{ANSWERS}"), &["m"], "").await;
    let mut all: Vec<(Evaluation, Vec<Exchange>)> = Vec::new();
    for (waiting, forks) in [(1, true), (3, true), (32, true), (40, false)] {
        let cassette = Arc::new(MemoryCassette::default());
        let evaluator = evaluator().doors(live(&stub, &cassette)).model(Some("m".to_owned()));
        let evaluator = evaluator.concurrency(waiting).forks(forks);
        let evaluation = evaluator.evaluate(&task, &agent(ASKING), Split::Train).await.unwrap();
        all.push((evaluation, recorded(&cassette)));
    }
    assert!(all.windows(2).all(|two| two[0] == two[1]));
    let (evaluation, exchanges) = &all[0];
    assert_eq!((evaluation.cases.len(), exchanges.len()), (40, 40));
    let names: Vec<String> = (0..40).map(|row| format!("r{row:02}")).collect();
    assert_eq!(evaluation.cases.iter().map(|row| row.case.clone()).collect::<Vec<_>>(), names);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evaluations_with_doors_have_no_key_and_the_model_is_part_of_others() {
    let (task, files) = (colours(4, ""), agent(ASKING));
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let plain = evaluator();
    let key = plain.key(&task, &files, Split::Train);
    assert!(key.is_some());
    assert_ne!(plain.clone().model(Some("m".to_owned())).key(&task, &files, Split::Train), key);
    let cached = plain.cache(MemoryCache::default()).model(Some("m".to_owned()));
    for round in 1..=2 {
        let asking = cached.clone().doors(live(&stub, &Arc::default()));
        assert_eq!(asking.key(&task, &files, Split::Train), None);
        asking.evaluate(&task, &files, Split::Train).await.unwrap();
        assert_eq!(stub.server.stats().requests, 4 * round, "every evaluation asks");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_doors_nothing_is_asked() {
    let evaluation = evaluator().evaluate(&colours(1, ""), &agent(ASKING), Split::Train).await.unwrap();
    assert!(evaluation.outcome.describe().contains("the grant does not name this operation"));
}

/// Answers with the model that it is told, after trying what else it can call.
const TELLING: &str = r#"
import os
import hyperspace
from agent.llm_client import EVAL_MODEL

class TaskAgent:
    def __init__(self, model="default"):
        self.model = model

    def forward(self, inputs):
        hyperspace.log("looking at " + inputs["thing"], row=1)
        for operation in ("tool.bash", "env.reset", "llm.embed"):
            try:
                hyperspace.call(operation)
                return "not refused"
            except hyperspace.Denied:
                pass
        try:
            hyperspace.call("log", words=1)
            return "not refused"
        except hyperspace.Invalid:
            pass
        return f"{self.model} {EVAL_MODEL} {os.environ.get('EVAL_MODEL')}", []
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_candidate_is_told_its_model_and_may_do_nothing_else() {
    let task = colours(1, "");
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let cassette = Arc::new(MemoryCassette::default());
    let evaluation = evaluate(&task, TELLING, live(&stub, &cassette)).await.unwrap();
    assert_eq!(evaluation.cases[0].answer.as_deref(), Some("m m m"), "{:?}", evaluation.cases[0]);
    assert!(recorded(&cassette).is_empty());
    let untold = evaluator().doors(live(&stub, &cassette));
    let untold = untold.evaluate(&task, &agent(TELLING), Split::Train).await.unwrap();
    assert_eq!(untold.cases[0].answer.as_deref(), Some("default gpt-oss-120b None"));
}

/// Asks as long as it may, and answers with why it stopped.
const GREEDY: &str = r#"
import hyperspace
from agent.llm_client import get_response_from_llm

class TaskAgent:
    def __init__(self, model):
        self.model = model

    def forward(self, inputs):
        for count in range(50):
            try:
                get_response_from_llm(f"{count} " + inputs["thing"], model=self.model, max_tokens=20)
            except hyperspace.ModelError as error:
                return f"{count} {error.kind}"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cases_own_budget_is_data_and_the_evaluations_ends_it() {
    let task = colours(6, "");
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let run = |limits: BudgetLimits, case_limits: BudgetLimits| {
        let (account, cassette) =
            (Account::new("the evaluation", limits), Arc::new(MemoryCassette::default()));
        let grant = ModelGrant { case_limits, ..grant(&stub, &account) };
        let doors = ModelDoors::live(&stub.models, grant, Arc::clone(&cassette) as Arc<dyn Cassette>);
        (account, cassette, Arc::new(doors.unwrap()))
    };
    let three = BudgetLimits::default().calls(3);
    let (account, cassette, doors) = run(BudgetLimits::default(), three);
    let evaluation = evaluate(&task, GREEDY, doors).await.unwrap();
    let answers: Vec<_> = evaluation.cases.iter().map(|row| row.answer.as_deref()).collect();
    assert_eq!(answers, [Some("3 budget"); 6]);
    assert_eq!((account.spent().calls, cassette.exchanges().len()), (18, 24));
    assert_eq!(evaluate(&task, GREEDY, replayed(&cassette)).await.unwrap(), evaluation);

    let ten = BudgetLimits::default().calls(10);
    let (account, _, doors) = run(ten, BudgetLimits::default());
    let error = evaluate(&task, GREEDY, doors).await.unwrap_err();
    let EvalError::Model { source: SessionError::Budget(spent), .. } = &error else { panic!("{error}") };
    assert_eq!(
        (spent.account.as_str(), spent.resource, spent.limit),
        ("the evaluation", Resource::Calls, 10)
    );
    assert_eq!(account.spent().calls, 10);
    stub.assert_exact();
    stub.assert_handled_once();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_says_something_else_ends_the_evaluation() {
    // Even where a failing row would count as wrong.
    let task = colours(12, "on_failure = \"wrong\"");
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let cassette = Arc::new(MemoryCassette::default());
    let evaluation = evaluate(&task, ASKING, live(&stub, &cassette)).await.unwrap();
    assert_eq!(evaluate(&task, ASKING, replayed(&cassette)).await.unwrap(), evaluation);

    let other = ASKING.replace("Name the colour", "Tell the colour");
    let error = evaluate(&task, &other, replayed(&cassette)).await.unwrap_err();
    let EvalError::Model { case, source: SessionError::Mismatch { recorded, asked, .. } } = &error else {
        panic!("{error}")
    };
    assert_eq!(case, "r00", "the first row in order, whichever was asked first");
    assert!(recorded.contains("Name the colour") && asked.contains("Tell the colour"));
    // A guest that catches everything cannot hide it.
    let hiding = other.replace("        text, history", "        try: text, history").replace(
        "        return text",
        "        except BaseException: return 'red', []\n        return text",
    );
    let hidden = evaluate(&task, &hiding, replayed(&cassette)).await;
    assert!(matches!(hidden, Err(EvalError::Model { .. })), "{hidden:?}");

    let missing = evaluate(&colours(13, ""), ASKING, replayed(&cassette)).await.unwrap_err();
    let EvalError::Model { case, source: SessionError::Missing { .. } } = missing else {
        panic!("{missing}")
    };
    assert_eq!(case, "r12");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evaluation_goes_on_where_it_was_given_up() {
    let task = colours(20, "");
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let cassette = Arc::new(MemoryCassette::default());
    let poor = Account::new("the evaluation", BudgetLimits::default().calls(7));
    let error = evaluate(&task, ASKING, live_on(&stub, &poor, &cassette)).await.unwrap_err();
    assert!(matches!(error, EvalError::Model { source: SessionError::Budget(_), .. }), "{error}");
    assert_eq!((stub.server.stats().requests, cassette.exchanges().len()), (7, 7));
    let rich = account();
    let on = Arc::clone(&cassette) as Arc<dyn Cassette>;
    let doors = ModelDoors::continued(&stub.models, grant(&stub, &rich), on).unwrap();
    let evaluation = evaluate(&task, ASKING, Arc::new(doors)).await.unwrap();
    assert_eq!(stub.server.stats().requests, 20, "what was answered is not asked again");
    assert_eq!(rich.spent().calls, 20, "and counts");
    let whole = evaluate(&task, ASKING, live(&stub, &Arc::default())).await.unwrap();
    assert_eq!(evaluation, whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_is_repeated_gets_its_answers_again_and_pays_once() {
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let (spent, cassette) = (account(), Arc::new(MemoryCassette::default()));
    // What another run left in the stream is not this one's.
    let options =
        SessionOptions::new("eval/train/r00", ["m".to_owned()].into(), account()).outages_stop(true);
    let request = |text: &str| {
        serde_json::json!({"model": "m", "messages": [{"role": "user", "content": text}],
            "tools": [], "temperature": 0.0, "max_tokens": 50})
    };
    let on = Arc::clone(&cassette) as Arc<dyn Cassette>;
    let mut before = Session::live(&stub.models, options, on).unwrap();
    before.chat_json(&request("before")).await.unwrap();
    let doors = live_on(&stub, &spent, &cassette);
    let name = hyperspace_eval::CaseName { split: Split::Train, name: "r00".to_owned() };
    let mut charged = Spend::default();
    for (run, asked) in [2, 1, 3].into_iter().enumerate() {
        let mut door = doors.door(&name).unwrap().into_door();
        for number in 0..asked {
            let files = hyperspace_sandbox::Files::none();
            let call = hyperspace_sandbox::DoorCall::new("llm.chat", request(&number.to_string()), &files);
            door.call(call).await.unwrap();
        }
        if run == 0 {
            charged = spent.spent();
        } else if run == 1 {
            assert_eq!(spent.spent(), charged, "nothing new was asked");
        }
    }
    assert_eq!((spent.spent().calls, stub.server.stats().requests, cassette.exchanges().len()), (3, 4, 4));
}

/// An episode whose candidate asks a model about each item.
const PACKING: &str = r#"
from agent.llm_client import get_response_from_llm

def priority(item, bins):
    text, _, _ = get_response_from_llm(f"row-{item}; in {len(bins)} bins", model="m", max_tokens=50)
    return [float(-free if text == "red" else free) for free in bins]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_episode_may_ask_a_model_between_its_steps() {
    let toml = "[task]\nname = \"bins\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
                [entry]\nmodule = \"task_agent\"\nfunction = \"priority\"\n[scorer]\nkind = \"online-bin-packing\"\n\
                [splits.train]\nfile = \"a.json\"\n[splits.held-out]\nfile = \"b.json\"\n";
    let data = r#"{"one": {"capacity": 100, "items": [20, 30, 50, 61, 39, 11]}}"#;
    let other = r#"{"two": {"capacity": 100, "items": [20]}}"#;
    let files = [("task.toml", toml), ("a.json", data), ("b.json", other)];
    let task = Task::from_files(&hyperspace_testkit::file_set(&files), "bins").unwrap();
    let stub = StubModels::start(ANSWERS, &["m"], "").await;
    let cassette = Arc::new(MemoryCassette::default());
    let evaluation = evaluate(&task, PACKING, live(&stub, &cassette)).await.unwrap();
    assert!(evaluation.score.is_some_and(|score| score >= Score::zero()), "{:?}", evaluation.outcome);
    assert_eq!(cassette.head("eval/train/one").unwrap().count, 6);
}
