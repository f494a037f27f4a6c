//! Continuous operation over simulated days: appended rows, drift, outages, kills, acts of the principal. At the end there is one journal, which replays
//! without clock and folder, keeps every budget, and never had a champion that the rule does not allow.
//!
//! The clock is simulated, everything else is real: the loop, the store, the sandbox, and a server of models on 127.0.0.1 that goes away
//! and comes back. The long form is `cargo test --release -p hyperspace-service --test continuous -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyperspace_core::{RecordId, RelPath};
use hyperspace_evolve::continuous::{CONFIDENCE, ContinuousJournal, ContinuousState};
use hyperspace_evolve::stability::{RowTally, is_better};
use hyperspace_evolve::{Event, JournalEvent, RowsTaken, RulesSet, SeasonEnded, journal};
use hyperspace_llm::TimeSource;
use hyperspace_service::{
    ActRequest, ChampionRequest, ContinuousEvent, ContinuousRequest, ContinuousSettings, Engine, Environment,
    ReplayRequest, ReplayView, RunRequest, Settings, StubHandle,
};
use hyperspace_store::Store;
use hyperspace_testkit::paths::interpreter_cache;
use hyperspace_testkit::random::SplitMix64;

const DAY_SECONDS: u64 = 24 * 60 * 60;
/// The first day: 2026-01-01.
const FIRST_DAY: u64 = 20_454;
const CALLS_PER_DAY: u64 = 60;

const TASK: &str = "[task]\nname = \"level\"\ntitle = \"Level\"\ndescription = \"Name the level.\"\ndirection = \"maximize\"\n\
    [entry]\nmodule = \"task_agent\"\nclass = \"TaskAgent\"\nfunction = \"forward\"\n\
    [scorer]\nkind = \"rows\"\nmetric = \"exact\"\n\
    [rows]\nid = \"id\"\nexpected = \"level\"\ninput = { place = \"place\" }\n\
    [splits.train]\nfile = \"train.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n";
/// Asks its model, and names its own number.
const AGENT: &str = "from agent.llm_client import get_response_from_llm\n\nNUMBER = 50\n\nclass TaskAgent:\n    \
    def __init__(self, model):\n        self.model = model\n\n    def forward(self, inputs):\n        \
    _, history, _ = get_response_from_llm('Level of ' + inputs['place'], model=self.model, max_tokens=20)\n        \
    return str(NUMBER), history\n";
/// Moves the number a little, up or down.
const META: &str = "import re\n\ndef improve(job):\n    text = open('task_agent.py').read()\n    \
    number = int(re.search(r'NUMBER = (-?\\d+)', text).group(1))\n    \
    step = (-4, -2, -1, 1, 2, 4)[job['seed'] % 6]\n    \
    open('task_agent.py', 'w').write(text.replace('NUMBER = %d' % number, 'NUMBER = %d' % (number + step)))\n";
const SCRIPT: &str = "[[rule]]\n[[rule.answer]]\ntext = \"noted\"\ninput-tokens = 20\noutput-tokens = 2\n";

/// A clock that only sleeping advances.
#[derive(Default)]
struct SimulatedClock(AtomicU64);

impl SimulatedClock {
    fn day(&self) -> u64 {
        self.unix_seconds() / DAY_SECONDS
    }
}

impl TimeSource for SimulatedClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn unix_seconds(&self) -> u64 {
        FIRST_DAY * DAY_SECONDS + self.now_ms() / 1_000
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(ms, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// The world around the run.
struct SimulatedWorld {
    folder: tempfile::TempDir,
    clock: Arc<SimulatedClock>,
    random: SplitMix64,
    server: Option<StubHandle>,
    port: u16,
    rows: u64,
    bad_rows: u64,
    fuel_per_day: Option<u64>,
    counts: BTreeMap<&'static str, u64>,
}

impl SimulatedWorld {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        write("task/task.toml", TASK);
        for (name, count) in [("train", 6), ("held", 4)] {
            let rows: String =
                (0..count).map(|row| format!("{name}-{row},here,{}\n", 53 + row % 3)).collect();
            write(&format!("task/{name}.csv"), &format!("id,place,level\n{rows}"));
        }
        write("agent/task_agent.py", AGENT);
        write("agent/meta_agent.py", META);
        write("script.toml", SCRIPT);
        write("incoming/a.jsonl", "");
        let mut world = Self {
            folder,
            clock: Arc::default(),
            random: SplitMix64::new(seed),
            server: None,
            port: 0,
            rows: 0,
            bad_rows: 0,
            fuel_per_day: None,
            counts: BTreeMap::new(),
        };
        world.start_server().await;
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    async fn start_server(&mut self) {
        if self.server.is_none() {
            let server =
                self.engine().serve_stub(Some(&self.path("script.toml")), None, self.port).await.unwrap();
            self.port = server.view().address.port();
            self.server = Some(server);
        }
    }

    fn engine(&self) -> Engine {
        let settings = format!(
            "[models.m]\nbase-url = \"http://127.0.0.1:{}/v1\"\nmodel = \"m\"\ninput-price = 1\noutput-price = 1\n",
            self.port
        );
        Engine::builder()
            .store(self.path("S"))
            .cache_dir(interpreter_cache())
            .workers(2)
            .settings(Settings::parse("s.toml", &settings).unwrap())
            .environment(Environment::default().clock(Arc::clone(&self.clock) as _))
            .build()
            .unwrap()
    }

    fn request(&self) -> ContinuousRequest {
        let mut run =
            RunRequest::new().task(self.text("task")).agent(self.text("agent")).candidates(2).seed(5);
        run.settings.models = Some(vec!["m".to_owned()]);
        run.settings.eval_model = Some("m".to_owned());
        run.calls.check_models = false;
        run.calls.attempts = Some(1);
        let mut settings = ContinuousSettings::default();
        settings.rows = Some(self.path("incoming"));
        settings.window = Some(10);
        settings.season_rows = Some(16);
        settings.canary_rows = Some(6);
        settings.watch_rows = Some(20);
        settings.calls_per_day = Some(CALLS_PER_DAY);
        settings.fuel_per_day = self.fuel_per_day;
        settings.hours = Some("02:00-23:00".to_owned());
        settings.poll = Some(2 * 60 * 60);
        ContinuousRequest::new(run).settings(settings)
    }

    /// Appends the rows of a day: the level drifts, some rows are bad, and one is being written.
    fn append_rows(&mut self, day: u64) {
        let level = [54, 57, 52, 59][usize::try_from(day / 40 % 4).unwrap()];
        let mut text = String::new();
        for _ in 0..3 + self.random.below(4) {
            let noise = self.random.below(3);
            writeln!(text, "{{\"id\":\"d{}\",\"place\":\"p\",\"level\":\"{}\"}}", self.rows, level + noise)
                .unwrap();
            self.rows += 1;
        }
        if self.random.below(4) == 0 {
            text.push_str("{\"id\": \"bad\", \"place\": \"p\"}\n");
            self.bad_rows += 1;
        }
        let path = self.path("incoming/a.jsonl");
        let whole = std::fs::read_to_string(&path).unwrap();
        // The part of a row that was written the day before becomes whole, or nothing.
        let whole = whole.rsplit_once('\n').map_or(String::new(), |(whole, _)| format!("{whole}\n"));
        let part = if self.random.below(2) == 0 { "{\"id\":\"half" } else { "" };
        std::fs::write(path, format!("{whole}{text}{part}")).unwrap();
    }

    /// Lets the run go on until a day has passed, a kill comes, or the clock is at `end`.
    async fn go_on(&mut self, end: u64) {
        let mut operation = self.engine().continuous(self.request());
        let kill_after = self.random.below(60);
        let (mut taken, mut day) = (0, self.clock.day());
        while self.clock.day() < end {
            // Polls of the work are cut off at any moment; what goes on is the same future.
            match tokio::time::timeout(Duration::from_millis(200), operation.next()).await {
                Ok(Some(_)) => taken += 1,
                Ok(None) => panic!("it ended: {:?}", operation.finish().await),
                Err(_) => {}
            }
            if self.clock.day() > day {
                day = self.clock.day();
                self.append_rows(day - FIRST_DAY);
                self.weather().await;
            }
            if taken > kill_after && self.random.below(12) == 0 {
                // In the middle of the work at hand.
                let moment = Duration::from_micros(self.random.below(20_000));
                drop(tokio::time::timeout(moment, operation.next()).await);
                self.count("kills");
                return;
            }
        }
    }

    /// Lets the server of models go away or come back.
    async fn weather(&mut self) {
        if self.server.is_none() {
            self.start_server().await;
        } else if self.random.below(9) == 0 {
            self.server = None;
            self.count("outages");
        }
    }

    /// Lets the principal act, while the run is stopped.
    async fn act(&mut self) {
        let engine = self.engine();
        let Ok(view) = engine.champion(&ChampionRequest::new(None)) else { return };
        if self.random.below(3) == 0 && !view.earlier.is_empty() {
            engine.act(&ActRequest::roll_back(None, "looked at by hand")).await.unwrap();
            self.count("rollbacks by the principal");
        } else if let Some(season) = view.season {
            let candidate = format!("{season}:1:0");
            if engine.act(&ActRequest::promote(None, candidate, "tried by hand")).await.is_ok() {
                self.count("promotions by the principal");
            }
        }
    }

    fn journal(&self) -> (ContinuousJournal, Vec<JournalEvent>) {
        let store = self.engine().reader().unwrap();
        let runs = store.records("continuous").unwrap();
        assert_eq!(runs.len(), 1, "one journal");
        (ContinuousJournal::open(&store, &runs[0]).unwrap(), journal(&store, &runs[0]).unwrap())
    }
}

/// Checks the budget of every day from the journal alone: what was committed, less what earlier days paid of it, and what was paid and not committed.
fn check_budgets(events: &[JournalEvent]) -> (u64, u64) {
    let (mut days, mut calls, mut rules) = (Vec::new(), 0, RulesSet::default());
    for entry in events {
        let (spent, fuel) = match &entry.event {
            Event::RulesSet(one) => {
                rules = one.clone();
                continue;
            }
            Event::DayBegun(one) => {
                days.push((one.day, one.carried_calls, 0, 0, rules.clone()));
                continue;
            }
            Event::SeasonAdvanced(one) => (one.calls, one.fuel),
            Event::RowsMeasured(one) => (one.calls, one.fuel),
            Event::WorkAbandoned(one) => (one.calls, 0),
            _ => continue,
        };
        let day = days.last_mut().unwrap();
        (day.2, day.3, day.4) = (day.2 + spent, day.3 + fuel, rules.clone());
        calls += spent;
    }
    for (index, (day, carried, spent, ..)) in days.iter().enumerate() {
        let next = days.get(index + 1).map(|next| next.1);
        let all = spent + next.unwrap_or_default();
        assert!(
            all <= CALLS_PER_DAY + carried,
            "day {day}: {spent} committed, {next:?} not, {carried} before"
        );
        // What the last day paid and did not commit is in no event yet.
        assert!(next.is_none() || all >= *carried, "day {day}: {all} in all, {carried} before");
    }
    (days.len() as u64, calls)
}

/// Checks the rule of the served champion from the journal alone.
fn check_champions(events: &[JournalEvent]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    let (mut trial, mut watch, mut day, mut begun) = (RowTally::default(), RowTally::default(), 0, 0);
    let (mut scored, mut champion, mut tried, mut before) = (true, None, None, Vec::new());
    for (index, entry) in events.iter().enumerate() {
        let mut count = |what| *counts.entry(what).or_default() += 1;
        match &entry.event {
            Event::ContinuousStarted(one) => champion = Some(one.tree),
            Event::DayBegun(one) => day = one.day,
            Event::CanaryBegun(one) => (tried, trial, begun) = (Some(one.tree), RowTally::default(), day),
            Event::CanaryEnded(one) if one.outcome == "failed" => count("candidates that failed"),
            Event::RowsMeasured(one) => {
                count("measurements");
                let tally = RowTally { gained: one.gained, lost: one.lost, rows: one.rows };
                match one.role.as_str() {
                    "champion" => scored = one.score.is_some(),
                    "canary" => trial = trial.plus(tally),
                    _ => {
                        watch = watch.plus(tally);
                        let shown = is_better(watch, 1.0 - CONFIDENCE) || (one.score.is_some() && !scored);
                        let next = events.get(index + 1).map(|next| &next.event);
                        let back = matches!(next, Some(Event::ChampionRolledBack(one)) if one.by == "rule");
                        assert_eq!(shown, back, "event {}", entry.seq);
                    }
                }
            }
            Event::ChampionPromoted(one) => {
                assert_eq!(Some(one.before), champion);
                if one.by == "rule" {
                    assert_eq!(Some(one.tree), tried);
                    assert!(
                        trial.rows >= 6 && trial.gained >= trial.lost && day > begun,
                        "event {}",
                        entry.seq
                    );
                    count("promotions by the rule");
                }
                before.push(one.before);
                (champion, watch) = (Some(one.tree), RowTally::default());
            }
            Event::ChampionRolledBack(one) => {
                assert_eq!((Some(one.from), Some(one.tree)), (champion, before.pop()));
                if one.by == "rule" {
                    count("rollbacks by the rule");
                }
                (champion, watch) = (Some(one.tree), RowTally::default());
            }
            Event::SeasonBegun(one) => {
                assert_eq!(Some(one.tree), champion);
                count("seasons");
            }
            Event::SeasonAdvanced(_) => count("generations"),
            _ => {}
        }
    }
    counts
}

/// Returns the number that the champion of `current` names.
fn served(world: &SimulatedWorld, run: RecordId) -> Vec<u8> {
    let short: String = run.to_string().chars().take(12).collect();
    std::fs::read(world.path(&format!("S/champions/{short}/current/task_agent.py"))).unwrap()
}

fn simulate(days: u64, seed: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(simulated(days, seed));
}

async fn simulated(days: u64, seed: u64) {
    let mut world = SimulatedWorld::new(seed).await;
    let end = FIRST_DAY + days;
    while world.clock.day() < end {
        world.go_on(end).await;
        if world.random.below(12) == 0 {
            world.act().await;
        }
        if world.fuel_per_day.is_none() && world.clock.day() > FIRST_DAY + days / 2 {
            // From here on another budget: what the first half took a day on average.
            let (_, events) = world.journal();
            let fuel: u64 = events
                .iter()
                .map(|entry| match &entry.event {
                    Event::SeasonAdvanced(one) => one.fuel,
                    Event::RowsMeasured(one) => one.fuel,
                    _ => 0,
                })
                .sum();
            world.fuel_per_day = Some((fuel / (days / 2).max(1)).max(1));
        }
    }
    let (opened, events) = world.journal();
    let (begun, calls) = check_budgets(&events);
    let counts = check_champions(&events);
    let state: &ContinuousState = opened.state();
    assert!(begun >= days && state.refused_rows() <= world.bad_rows && state.rows() > days);
    let champion = state.champion().unwrap();
    let files = opened.store().get_files(&champion).unwrap();
    let path = RelPath::new("task_agent.py").unwrap();
    assert_eq!(served(&world, *opened.run()), **files.get(&path).unwrap(), "the folder has the champion");
    // Neither clock nor folder nor server is needed any more.
    world.server = None;
    std::fs::remove_dir_all(world.path("incoming")).unwrap();
    let engine =
        Engine::builder().store(world.path("S")).cache_dir(interpreter_cache()).workers(2).build().unwrap();
    let replay = engine.replay(ReplayRequest::new().hash(opened.run())).finish().await.unwrap();
    let ReplayView::Executed(replay) = replay else { panic!("{replay:?}") };
    assert_eq!(replay.differences, []);
    assert!(replay.measurements.unwrap() > 0 && !replay.generations.is_empty());
    assert_eq!(engine.fsck().unwrap().failure(), None);
    check_forgeries(&world, *opened.run(), &events);
    println!(
        "{days} days: {} events, {calls} calls of models, {} rows taken, {} set aside, {:?}, {counts:?}; replayed {} generations and {} measurements without a difference",
        events.len(),
        state.rows(),
        state.refused_rows(),
        world.counts,
        replay.generations.len(),
        replay.measurements.unwrap()
    );
}

/// Returns what a check says of a copy of the store in which a writer of records, who keeps every chain, added an event.
fn forged(world: &SimulatedWorld, run: RecordId, event: impl Into<Event>) -> String {
    let copy = tempfile::tempdir().unwrap();
    let status =
        std::process::Command::new("cp").arg("-r").arg(world.path("S")).arg(copy.path()).status().unwrap();
    assert!(status.success());
    let folder = copy.path().join("S");
    let store = Store::open_writer(&folder, "a forger").unwrap();
    let mut batch = store.batch().unwrap();
    event.into().append_to(&mut batch, &run).unwrap();
    batch.commit().unwrap();
    drop(store);
    let engine = Engine::builder().store(folder).build().unwrap();
    let report = engine.fsck().unwrap().report;
    report.damaged.iter().map(|damage| format!("{}: {}\n", damage.object, damage.why)).collect()
}

/// Decisions that do not follow and facts that the store does not have are found without executing anything.
fn check_forgeries(world: &SimulatedWorld, run: RecordId, events: &[JournalEvent]) {
    let last = |wanted: &dyn Fn(&Event) -> bool| {
        events.iter().rev().map(|entry| entry.event.clone()).find(|event| wanted(event)).unwrap()
    };
    let ended = SeasonEnded { season: 99, why: "rows".to_owned() };
    let found = forged(world, run, ended);
    assert!(found.contains("season.ended") && found.contains("found season.ended"), "{found}");
    let Event::ChampionPromoted(mut promoted) =
        last(&|event| matches!(event, Event::ChampionPromoted(one) if one.by == "rule"))
    else {
        unreachable!()
    };
    std::mem::swap(&mut promoted.tree, &mut promoted.before);
    let found = forged(world, run, promoted);
    assert!(found.contains("champion.promoted") && found.contains("due is"), "{found}");
    let Event::RowsTaken(taken) = last(&|event| matches!(event, Event::RowsTaken(_))) else { unreachable!() };
    let more = RowsTaken { train_rows: taken.train_rows + 7, ..taken };
    let found = forged(world, run, more);
    assert!(found.contains("rows.taken"), "{found}");
}

#[test]
fn twenty_days_with_drift_outages_and_kills_are_one_journal_that_replays() {
    simulate(20, 7);
}

#[test]
#[ignore = "takes many minutes"]
fn three_hundred_days_with_drift_outages_and_kills_are_one_journal_that_replays() {
    simulate(300, 11);
}

const PLAIN_TASK: &str = "[task]\nname = \"ratio\"\ntitle = \"Ratio\"\ndescription = \"Guess.\"\ndirection = \"minimize\"\n\
    [entry]\nmodule = \"task_agent\"\nfunction = \"guess\"\n\
    [scorer]\nkind = \"rows\"\nmetric = \"absolute-error\"\n\
    [splits.train]\nfile = \"train.jsonl\"\n[splits.held-out]\nfile = \"held.jsonl\"\n";

#[test]
fn a_row_on_which_the_champion_raises_is_left_out_of_seasons() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(rows_that_raise());
}

async fn rows_that_raise() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write("task/task.toml", PLAIN_TASK);
    write("task/train.jsonl", "{\"input\": [1], \"expected\": 100}\n");
    write("task/held.jsonl", "{\"input\": [2], \"expected\": 50}\n");
    write("agent/task_agent.py", "def guess(number):\n    return 100 // number\n");
    write("agent/meta_agent.py", "def improve(job):\n    pass\n");
    let rows = "{\"name\": \"four\", \"input\": [4], \"expected\": 25}\n\
                {\"name\": \"zero\", \"input\": [0], \"expected\": 1}\n\
                {\"name\": \"text\", \"input\": [\"x\"], \"expected\": 1}\n";
    write("incoming/a.jsonl", rows);
    std::fs::create_dir(folder.path().join("incoming/dir.jsonl")).unwrap();
    let text = |name: &str| folder.path().join(name).display().to_string();
    let engine = Engine::builder()
        .store(folder.path().join("S"))
        .cache_dir(interpreter_cache())
        .workers(2)
        .environment(Environment::default().clock(Arc::new(SimulatedClock::default())))
        .build()
        .unwrap();
    let run = RunRequest::new().task(text("task")).agent(text("agent")).candidates(1).seed(5);
    let mut settings = ContinuousSettings::default();
    settings.rows = Some(folder.path().join("incoming"));
    let mut operation = engine.continuous(ContinuousRequest::new(run).settings(settings));
    let mut told = Vec::new();
    loop {
        let event = tokio::time::timeout(Duration::from_secs(120), operation.next()).await.unwrap();
        let Some(event) = event else { panic!("it ended: {:?}", operation.finish().await) };
        let ContinuousEvent::Recorded(row) = event else { continue };
        let is_last = row.kind == "season.advanced";
        told.push(format!("{}: {} {}", row.kind, row.text, row.refused.join(" ")));
        if is_last {
            break;
        }
    }
    drop(operation);
    let told = told.join("\n");
    for words in [
        "a.jsonl, line 3: expected a number as argument 1, as in the task's own rows, found a text",
        "nothing more is taken from dir.jsonl: it is a folder",
        "row.set-aside: season 0 could not begin; seasons leave out row zero",
        "season.begun: season 1",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(told.matches("dir.jsonl").count(), 1, "{told}");
    let view = engine.champion(&ChampionRequest::new(None)).unwrap();
    assert_eq!((view.rows, view.refused_rows, view.left_out_rows), (2, 1, 1));
    assert!(view.problems[0].starts_with("dir.jsonl: it is a folder"), "{:?}", view.problems);
    drop(engine);
    let engine = Engine::builder().store(folder.path().join("S")).build().unwrap();
    assert_eq!(engine.fsck().unwrap().failure(), None);
}

#[test]
fn bad_requests_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let engine = |store: &Path| {
        let clock: Arc<SimulatedClock> = Arc::default();
        Engine::builder().store(store).environment(Environment::default().clock(clock)).build().unwrap()
    };
    let fails = |run: RunRequest, settings: ContinuousSettings, words: &str| {
        let request = ContinuousRequest::new(run).settings(settings);
        let error = engine(&folder.path().join("S")).continuous(request).finish_blocking().unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    let mut settings = ContinuousSettings::default();
    fails(RunRequest::new(), settings.clone(), "requires rows");
    settings.rows = Some(folder.path().to_path_buf());
    fails(RunRequest::new().task("bin-packing"), settings.clone(), "has no rows");
    settings.held_out = Some(100);
    fails(RunRequest::new(), settings, "held-out");
    for reason in [" ", "two\nlines", "a\tb"] {
        let act = ActRequest::roll_back(None, reason);
        let error = engine(&folder.path().join("S")).act_blocking(&act).unwrap_err();
        assert!(error.to_string().contains("reason"), "{error}");
    }
}
