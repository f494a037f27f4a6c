//! A scorer that an embedder writes, against public interfaces only: a conversation and a measure of its own, on a task that is
//! built in code and on one whose `task.toml` names a registered kind.

use std::sync::Arc;

use hyperspace_core::FileSet;
use hyperspace_eval::scorer::{
    CaseSession, Episode, InvalidAnswer, InvalidCase, Invocation, Judge, Measure, Scorer, exact_number,
};
use hyperspace_eval::{
    Case, CaseOutcome, Direction, DoorError, Evaluation, Evaluator, OnFailure, Score, ScorerKind, Split,
    Task, TaskEntry, TaskError, TaskLoader, Value, json,
};
use hyperspace_evolve::{Run, RunOptions, RunResources, SeedAgent, load_record, records};
use hyperspace_store::Store;
use hyperspace_testkit::{evaluator, file_set};
use serde::{Deserialize, Serialize};

/// A number to find by guessing, within a number of guesses.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Secret {
    number: u64,
    guesses_max: u64,
}

/// The scorer: the score is the mean number of guesses.
#[derive(Debug)]
struct GuessScorer;

impl Scorer for GuessScorer {
    fn rule(&self) -> String {
        "guesses, version 1".to_owned()
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        match case.data::<Secret>() {
            Some(secret) if secret.guesses_max > 0 => Ok(()),
            Some(_) => Err(InvalidCase::new("at least one guess", "none")),
            None => Err(InvalidCase::data("a secret", case)),
        }
    }

    fn start(&self, case: &Case) -> CaseSession {
        let secret = case.data::<Secret>().unwrap().clone();
        CaseSession::episode(Guessing { secret, guesses: 0, hint: "none", found: false })
    }

    /// The worst case decides, not the mean.
    fn total(&self, measures: &[Measure]) -> Option<Score> {
        measures.iter().filter_map(Measure::score).max()
    }
}

/// The conversation: after each guess the candidate learns whether it was too low or too high.
struct Guessing {
    secret: Secret,
    guesses: u64,
    hint: &'static str,
    found: bool,
}

impl Episode for Guessing {
    fn next_call(&self) -> Option<Vec<Value>> {
        let over = self.found || self.guesses == self.secret.guesses_max;
        (!over).then(|| vec![json!(self.hint)])
    }

    fn answer(&mut self, answer: &Value) -> Result<(), InvalidAnswer> {
        let guess = exact_number(answer, &format!("guess {}", self.guesses))?;
        let number = Score::integer(self.secret.number);
        self.guesses += 1;
        self.found = guess == number;
        self.hint = if guess < number { "too low" } else { "too high" };
        Ok(())
    }

    fn measure(&self) -> Result<Measure, InvalidAnswer> {
        let failed = || InvalidAnswer::new("the guesses", self.secret.number.to_string(), "other numbers");
        self.found.then(|| Measure::of(Score::integer(self.guesses))).ok_or_else(failed)
    }
}

const BISECTING: &str = "
low, high, last = 0, 128, None

def guess(hint):
    global low, high, last
    if hint == 'too low':
        low = last + 1
    elif hint == 'too high':
        high = last
    last = (low + high) // 2
    return last
";

fn secret(number: u64) -> Case {
    Case::new(format!("secret-{number}"), Secret { number, guesses_max: 8 })
}

fn guessing(train: &[u64]) -> Task {
    Task::builder("guesses", Arc::new(GuessScorer))
        .title("Guess a number")
        .direction(Direction::Minimize)
        .unit("guesses")
        .entry(TaskEntry::new("task_agent", "guess"))
        .cases(Split::Train, train.iter().map(|number| secret(*number)))
        .cases(Split::HeldOut, [secret(1)])
        .build()
        .unwrap()
}

fn evaluate(evaluator: &Evaluator, task: &Task, source: &str) -> Evaluation {
    let agent = file_set(&[("task_agent.py", source)]);
    evaluator.evaluate_blocking(task, &agent, Split::Train).unwrap()
}

#[test]
fn a_task_built_in_code_is_evaluated_with_a_conversation_of_its_own() {
    // 64 is the first guess, 100 the third one of 64, 96, 112, 104, 100.
    let task = guessing(&[64, 100]);
    let found = evaluate(&evaluator(), &task, BISECTING);
    assert_eq!(found.outcome, CaseOutcome::Scored, "{:?}", found.cases);
    let guesses: Vec<_> =
        found.cases.iter().map(|case| case.measure.clone().unwrap().score().unwrap()).collect();
    assert_eq!(guesses, [Score::one(), Score::integer(5)]);
    assert_eq!(found.score, Some(Score::integer(5)), "the scorer's own total");
    assert_eq!(
        evaluate(&evaluator().forks(false), &task, BISECTING),
        found,
        "each case with an import of its own"
    );
}

#[test]
fn a_bad_answer_is_the_evidence_whatever_the_guest_makes_of_it() {
    let task = guessing(&[64]);
    let check = |source: &str, outcome: &str| {
        let found = evaluate(&evaluator(), &task, source);
        assert_eq!((found.score, found.outcome.describe().as_str()), (None, outcome));
    };
    check("def guess(hint): return 'x'", "invalid: guess 0: expected a finite number, found \"x\"");
    check("def guess(hint): return 1", "invalid: the guesses: expected 64, found other numbers");
    check("def guess(hint): raise SystemExit(0)", "exit: code 0 before an answer");
    let peeking = "
import hyperspace
def guess(hint):
    try: hyperspace.call('env.reset')
    except hyperspace.Denied: return 64
";
    assert_eq!(evaluate(&evaluator(), &task, peeking).score, Some(Score::one()), "an episode starts once");
}

#[test]
fn the_digest_of_a_task_built_in_code_covers_rule_and_cases() {
    let (one, other) = (guessing(&[64]), guessing(&[65]));
    assert_eq!(one.digest(), guessing(&[64]).digest());
    assert_ne!(one.digest(), other.digest());
    let (evaluator, agent) = (evaluator(), file_set(&[("task_agent.py", BISECTING)]));
    assert_ne!(evaluator.key(&one, &agent, Split::Train), evaluator.key(&other, &agent, Split::Train));
}

#[test]
fn what_makes_no_sense_is_refused_when_the_task_is_built() {
    let builder = || Task::builder("t", Arc::new(GuessScorer));
    let check =
        |task: Result<Task, TaskError>, message: &str| assert_eq!(task.unwrap_err().to_string(), message);
    check(builder().build(), "t: the split train is empty; add at least one case to it");
    let wrong = Case::new("a", "no secret");
    check(builder().cases(Split::All, [wrong]).build(), "t, case a: expected a secret, found \"no secret\"");
    let none = Case::new("a", Secret { number: 1, guesses_max: 0 });
    check(builder().cases(Split::All, [none]).build(), "t, case a: expected at least one guess, found none");
    check(
        builder().on_failure(OnFailure::Wrong).cases(Split::All, [secret(1)]).build(),
        "t, field on_failure: expected a scorer with a worst measure, found one without",
    );
}

/// A judge with an operation of its own: the candidate may ask for the price of a thing, which costs it a point.
struct Market {
    asked: u64,
}

impl Judge for Market {
    fn respond(&mut self, operation: &str, params: Value) -> Result<Value, DoorError> {
        assert_eq!(operation, "market.price");
        self.asked += 1;
        let price = match params["thing"].as_str() {
            Some("apple") => 3,
            Some("pear") => 4,
            other => return Err(DoorError::Invalid(format!("there is no {other:?}"))),
        };
        Ok(json!({ "price": price }))
    }

    fn measure(&mut self, returned: &Value) -> Result<Measure, InvalidAnswer> {
        let total = exact_number(returned, "the total")?;
        let right = total == Score::integer(7);
        Ok(Measure { amount: Score::integer(i128::from(right) * 10 - i128::from(self.asked)), base: 1 })
    }
}

#[derive(Debug)]
struct MarketScorer;

impl Scorer for MarketScorer {
    fn rule(&self) -> String {
        "market, version 1".to_owned()
    }

    fn check(&self, _case: &Case) -> Result<(), InvalidCase> {
        Ok(())
    }

    fn start(&self, _case: &Case) -> CaseSession {
        let call = Invocation::Once(vec![json!(["apple", "pear"])]);
        CaseSession::new(call, Market { asked: 0 }).operations(&["market.price"])
    }
}

#[test]
fn a_judge_answers_operations_of_its_own_and_the_guest_may_call_no_others() {
    let task = Task::builder("market", Arc::new(MarketScorer))
        .entry(TaskEntry::new("task_agent", "total"))
        .cases(Split::All, [Case::new("basket", ())])
        .build()
        .unwrap();
    assert!(task.is_single_case());
    let honest = "
import hyperspace
def total(things):
    return sum(hyperspace.call('market.price', thing=thing)['price'] for thing in things)
";
    assert_eq!(evaluate(&evaluator(), &task, honest).score, Some(Score::integer(8)));
    let curious = honest.replace("    return", "    hyperspace.call('market.total')\n    return");
    let outcome = evaluate(&evaluator(), &task, &curious).outcome.describe();
    assert!(outcome.contains("market.total: the grant does not name this operation"), "{outcome}");
    let wrong = honest.replace("thing=thing", "thing='plum'");
    let outcome = evaluate(&evaluator(), &task, &wrong).outcome.describe();
    assert!(outcome.contains("there is no Some(\"plum\")"), "{outcome}");
}

/// The kind `guesses`: secrets from JSON, with the number of guesses as a setting.
#[derive(Debug)]
struct GuessKind;

impl ScorerKind for GuessKind {
    fn name(&self) -> &str {
        "guesses"
    }

    fn scorer(
        &self,
        file: &str,
        settings: &serde_json::Map<String, Value>,
    ) -> Result<Arc<dyn Scorer>, TaskError> {
        match settings.keys().next() {
            None => Ok(Arc::new(GuessScorer)),
            Some(key) => {
                Err(TaskError::field(file, format!("scorer.settings.{key}"), "no such key", "a value"))
            }
        }
    }

    fn cases(&self, file: &str, bytes: &[u8]) -> Result<Vec<Case>, TaskError> {
        let secrets: Vec<Secret> = serde_json::from_slice(bytes)
            .map_err(|error| TaskError::data(file, "the file", "a list of secrets", error))?;
        Ok(secrets.into_iter().map(|one| Case::new(format!("secret-{}", one.number), one)).collect())
    }
}

const GUESSES_TOML: &str = "task = { name = \"guesses\", title = \"t\", description = \"d\", direction = \"minimize\" }\n\
                            entry = { module = \"task_agent\", function = \"guess\" }\n\
                            scorer = { kind = \"guesses\" }\n\
                            splits = { train = { file = \"a.json\" }, held-out = { file = \"b.json\" } }\n";

fn guesses_files(toml: &str) -> FileSet {
    let (a, b) = (r#"[{"number": 100, "guesses_max": 8}]"#, r#"[{"number": 1, "guesses_max": 8}]"#);
    file_set(&[("task.toml", toml), ("a.json", a), ("b.json", b)])
}

fn loader() -> TaskLoader {
    TaskLoader::new().register(Arc::new(GuessKind))
}

#[test]
fn a_task_of_a_registered_kind_is_evolved_and_loaded_again() {
    let meta = "def improve(job):\n    \
                open('task_agent.py', 'a').write('# %d\\n' % job['candidate'])\n";
    let agent = SeedAgent {
        name: "bisecting".to_owned(),
        files: file_set(&[("task_agent.py", BISECTING), ("meta_agent.py", meta)]),
    };
    let resources = || RunResources::new(evaluator(), 2).task_loader(loader());
    let options = RunOptions { candidates: 2, ..RunOptions::default() };
    let store = Store::in_memory();
    hyperspace_testkit::runtime().block_on(async {
        let task = loader().load(&guesses_files(GUESSES_TOML), "guesses").unwrap();
        let mut run = Run::start(store.clone(), task, agent.clone(), &options, resources()).await.unwrap();
        run.run_to(1).await.unwrap();
        let id = *run.id();
        let mut run = Run::open(store.clone(), &id, resources()).await.unwrap();
        run.run_to(2).await.unwrap();
        let replayed = load_record(&store, &records(&store, &id).unwrap()[2].0).unwrap();
        assert_eq!(replayed.champion().score, Score::integer(5));

        let unknown = Run::open(store.clone(), &id, RunResources::new(evaluator(), 2)).await;
        let error = unknown.err().unwrap().to_string();
        assert!(error.contains("unknown variant `guesses`"), "{error}");
        let built = Run::start(store, guessing(&[64]), agent, &options, resources()).await;
        let error = built.err().unwrap().to_string();
        assert!(error.contains("a task of files"), "{error}");
    });
}

#[test]
fn a_task_toml_may_name_a_registered_kind() {
    let (toml, loader, files) = (GUESSES_TOML, loader(), guesses_files);
    let task = loader.load(&files(toml), "guesses").unwrap();
    assert_eq!(evaluate(&evaluator(), &task, BISECTING).score, Some(Score::integer(5)));

    let error = Task::from_files(&files(toml), "guesses").unwrap_err().to_string();
    assert!(error.contains("unknown variant `guesses`, expected one of `online-bin-packing`"), "{error}");
    let settings = toml.replace("kind = \"guesses\"", "kind = \"guesses\", settings = { most = 3 }");
    let error = loader.load(&files(&settings), "guesses").unwrap_err().to_string();
    assert_eq!(error, "guesses/task.toml, field scorer.settings.most: expected no such key, found a value");
    let other = toml.replace("kind = \"guesses\"", "kind = \"guesses\", metric = \"exact\"");
    let error = loader.load(&files(&other), "guesses").unwrap_err().to_string();
    assert!(error.contains("scorer.metric: expected no such key for this kind of scorer"), "{error}");
}
