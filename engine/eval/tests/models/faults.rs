//! Faults of providers during an evaluation: each is handled once, costs nothing of the score, and what was spent is exact.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_eval::{CaseResult, EvalError, Evaluation, ModelDoors, ModelGrant, Score, Split};
use hyperspace_llm::{Cassette, FaultKind, MemoryCassette, SessionError};

use crate::common::{
    ANSWERS, ASKING, account, agent, colours, evaluate, evaluator, grant, live, live_on, replayed,
};
use hyperspace_testkit::models::{RETRIED_FAULTS, StubModels};

const ROWS: usize = 24;

/// Faults that are retried, and one that shortens the conversation.
fn faults() -> impl Iterator<Item = (&'static str, FaultKind)> + Clone {
    RETRIED_FAULTS.into_iter().chain([("fault = \"context-overflow\"", FaultKind::ContextOverflow)])
}

/// Every row meets one fault, so that each kind is there twice at least.
fn faulty() -> (String, BTreeMap<FaultKind, u64>) {
    let (mut script, mut kinds) = (String::new(), BTreeMap::new());
    for (row, (fault, kind)) in (0..ROWS).zip(faults().cycle()) {
        let when = format!("when = {{ contains = [\"row-{row:02};\"] }}\ntimes = 1");
        script.push_str(&format!("[[rule]]\n{when}\n[[rule.answer]]\n{fault}\n"));
        *kinds.entry(kind).or_default() += 1;
    }
    (script + ANSWERS, kinds)
}

/// The parts of an evaluation that do not depend on how many messages a model got.
fn without_fuel(evaluation: &Evaluation) -> Evaluation {
    let cases = evaluation.cases.iter().map(|row| CaseResult { fuel: 0, ..row.clone() }).collect();
    Evaluation { cases, fuel: 0, ..evaluation.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evaluation_with_faults_is_the_one_without() {
    let task = colours(ROWS, "");
    let (script, kinds) = faulty();
    for waiting in [1, 32] {
        // One that fails three times in a row is left alone for a minute, which passes at once here.
        let settings = format!("timeout-ms = 400\nconcurrency = {waiting}");
        let stub = StubModels::start(&script, &["m"], &settings).await;
        let (spent, cassette) = (account(), Arc::new(MemoryCassette::default()));
        let faulty = evaluate(&task, ASKING, live_on(&stub, &spent, &cassette)).await.unwrap();
        let stats = stub.models.stats();
        assert_eq!(stats.faults, kinds);
        let trimmed = kinds[&FaultKind::ContextOverflow];
        assert_eq!((stats.retried, stats.trimmed, stats.reported), (ROWS as u64 - trimmed, trimmed, 0));
        assert_eq!((stats.calls, stats.answered), (ROWS as u64, ROWS as u64));
        stub.assert_exact();
        stub.assert_handled_once();
        assert_eq!(spent.spent(), stats.spent, "what the account was charged");
        assert_eq!(spent.spent().calls, ROWS as u64);

        let calm = StubModels::start(ANSWERS, &["m"], "").await;
        let whole = evaluate(&task, ASKING, live(&calm, &Arc::default())).await.unwrap();
        assert_eq!(without_fuel(&faulty), without_fuel(&whole));
        assert!(whole.score.as_ref().is_some_and(|score| !score.is_zero()), "{:?}", whole.score);
        // What a fault cost is no part of what is asked and answered.
        assert_eq!(evaluate(&task, ASKING, replayed(&cassette)).await.unwrap(), faulty);
        calm.assert_exact();
        calm.assert_handled_once();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_gone_ends_the_evaluation_and_not_the_candidate() {
    let task = colours(4, "on_failure = \"wrong\"");
    let gone = format!(
        "[[rule]]\nwhen = {{ contains = [\"row-02;\"] }}\n[[rule.answer]]\nstatus = 503\nerror = \"down\"\n{ANSWERS}"
    );
    let stub = StubModels::start(&gone, &["m"], "").await;
    let cassette = Arc::new(MemoryCassette::default());
    // One row at a time: an outage ends rows that are under way, whose calls may be recorded or not.
    let one = evaluator().doors(live(&stub, &cassette)).model(Some("m".to_owned())).concurrency(1);
    let error = one.evaluate(&task, &agent(ASKING), Split::Train).await.unwrap_err();
    let EvalError::Model { case, source: SessionError::Outage(_) } = &error else { panic!("{error}") };
    assert_eq!(case, "r02");
    assert!(error.to_string().contains("gave up after 8 attempts"), "{error}");
    assert_eq!(cassette.head("eval/train/r02").unwrap().count, 0, "an outage is not recorded");
    assert_eq!(cassette.head("eval/train/r01").unwrap().count, 1);
    stub.assert_exact();
    stub.assert_handled_once();

    // Who wants an outage to be the row's failure gets that; the other rows are not touched.
    let grant = ModelGrant { outages_stop: false, ..grant(&stub, &account()) };
    let cassette = Arc::new(MemoryCassette::default());
    let doors = ModelDoors::live(&stub.models, grant, Arc::clone(&cassette) as Arc<dyn Cassette>).unwrap();
    let evaluation = evaluate(&task, ASKING, Arc::new(doors)).await.unwrap();
    // Right are r00 (red) and r01 (blue); r02 has no answer, and r03 is blue but answered with red.
    assert_eq!(evaluation.score, Score::ratio(2, 4));
    assert!(evaluation.cases[2].outcome.describe().contains("ModelError"), "{:?}", evaluation.cases[2]);
    assert!(evaluation.cases[2].outcome.describe().contains("gave up"), "{:?}", evaluation.cases[2]);
    assert_eq!(evaluate(&task, ASKING, replayed(&cassette)).await.unwrap(), evaluation);
}
