//! Checks of answers compute beside everything else, and end with the evaluation that waits for them.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyperspace_eval::scorer::{CaseSession, InvalidAnswer, InvalidCase, Invocation, Scorer};
use hyperspace_eval::{Case, CaseOutcome, Evaluator, Split, Task, TaskEntry};
use hyperspace_testkit::{file_set, sandbox};

/// A scorer whose check takes two minutes, unless it is ended.
#[derive(Debug, Clone, Default)]
struct SlowScorer {
    has_begun: Arc<AtomicBool>,
    has_ended: Arc<AtomicBool>,
}

impl Scorer for SlowScorer {
    fn rule(&self) -> String {
        "slow, version 1".to_owned()
    }

    fn check(&self, _case: &Case) -> Result<(), InvalidCase> {
        Ok(())
    }

    fn start(&self, _case: &Case) -> CaseSession {
        let Self { has_begun, has_ended } = self.clone();
        CaseSession::metered(Invocation::Once(Vec::new()), move |_, work| {
            has_begun.store(true, Ordering::SeqCst);
            let ended = loop {
                std::thread::sleep(Duration::from_millis(30));
                if let Err(ended) = work.spend(25_000) {
                    break ended;
                }
            };
            has_ended.store(true, Ordering::SeqCst);
            Err(ended)
        })
    }
}

fn task(scorer: impl Scorer + 'static) -> Task {
    Task::builder("checked", Arc::new(scorer))
        .entry(TaskEntry::new("task_agent", "f"))
        .cases(Split::All, [Case::new("one", ())])
        .build()
        .unwrap()
}

#[test]
fn a_check_holds_up_nothing_and_ends_with_its_evaluation() {
    let scorer = SlowScorer::default();
    let task = task(scorer.clone());
    let (evaluator, agent) =
        (Evaluator::new(sandbox().clone()).unwrap(), file_set(&[("task_agent.py", "def f(): return 1\n")]));
    let one_thread = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = |flag: Arc<AtomicBool>| async move {
        for _ in 0..6_000 {
            if flag.load(Ordering::SeqCst) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    };
    one_thread.block_on(async {
        let evaluation = evaluator.evaluate(&task, &agent, Split::Train);
        let begun = tokio::select! {
            evaluation = evaluation => panic!("{evaluation:?}"),
            begun = seen(Arc::clone(&scorer.has_begun)) => begun,
        };
        assert!(begun, "the only thread of the runtime goes on while an answer is checked");
        assert!(
            seen(Arc::clone(&scorer.has_ended)).await,
            "the check ends, because its evaluation was dropped"
        );
    });
}

/// A scorer whose check takes more work than is allowed.
#[derive(Debug)]
struct EndlessScorer;

impl Scorer for EndlessScorer {
    fn rule(&self) -> String {
        "endless, version 1".to_owned()
    }

    fn check(&self, _case: &Case) -> Result<(), InvalidCase> {
        Ok(())
    }

    fn start(&self, _case: &Case) -> CaseSession {
        CaseSession::metered(Invocation::Once(Vec::new()), |_, work| {
            loop {
                work.spend(10_000)?;
            }
        })
    }
}

#[test]
fn an_answer_that_takes_too_much_work_is_invalid_and_costs_its_guest_nothing_more() {
    let agent = file_set(&[("task_agent.py", "def f(): return 1\n")]);
    let fuel = |workers: usize| {
        let evaluator = Evaluator::new(sandbox().clone()).unwrap().workers(workers);
        let found = evaluator.evaluate_blocking(&task(EndlessScorer), &agent, Split::Train).unwrap();
        let CaseOutcome::Invalid { evidence } = &found.outcome else { panic!("{:?}", found.outcome) };
        let InvalidAnswer { expected, .. } = evidence;
        assert_eq!(expected, "one that takes at most 100000000 units of work to check");
        found.fuel
    };
    assert_eq!(fuel(1), fuel(2));
}
