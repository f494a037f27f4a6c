//! Runs that name a strategy: what they record, and that they repeat, whatever the strategy.

use crate::common::{agent, climber, evaluator, guess, meta, options, replayed, runtime, task};
use hyperspace_evolve::{
    Admission, CandidateId, DuplicateRule, Event, EvolveError, Fate, Fraction, GenerationRecord, Resemblance,
    Run, RunConfig, RunOptions, RunResources, SearchOptions, SearchTurn, SeedAgent, StrategySpec, journal,
    load_config, records,
};
use hyperspace_store::Store;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A finished run.
struct Done {
    _folder: tempfile::TempDir,
    store: Store,
    config: RunConfig,
    records: Vec<GenerationRecord>,
    events: Vec<Event>,
    root: String,
}

fn with(search: &str, seed: u64) -> RunOptions {
    let search = Some(SearchOptions::new(search.parse().unwrap()));
    RunOptions { search, ..options(seed) }
}

/// Runs `generations`, and is taken up anew after each of `stops`, there with other numbers of workers.
fn evolve(agent: &SeedAgent, options: &RunOptions, generations: u64, workers: usize, stops: &[u64]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    runtime().block_on(async {
        for (number, goal) in stops.iter().copied().chain([generations]).enumerate() {
            let resources = RunResources::new(evaluator(), 1 + (workers + number) % 3);
            let mut run = Run::start(store.clone(), task(), agent.clone(), options, resources).await.unwrap();
            // Given up in the middle of a generation: nothing of it is written.
            let soon = std::time::Duration::from_millis(4);
            if !stops.is_empty() {
                drop(tokio::time::timeout(soon, run.run_to(generations)).await);
            }
            let resources = RunResources::new(evaluator(), 1 + (workers + number) % 3);
            let mut run = Run::open(store.clone(), run.id(), resources).await.unwrap();
            run.run_to(goal.max(run.generation()).max(1)).await.unwrap();
        }
        let resources = RunResources::new(evaluator(), workers);
        let run = Run::start(store.clone(), task(), agent.clone(), options, resources).await.unwrap();
        let records = records(&store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
        let events = journal(&store, run.id()).unwrap().into_iter().map(|entry| entry.event).collect();
        let (config, root) = (load_config(&store, run.id()).unwrap(), run.summary().unwrap().root);
        Done { _folder: folder, store, config, records, events, root }
    })
}

/// Executes every generation again and compares it with its record, events and marks.
fn replays(done: &Done) {
    replayed(&done.store, &done.config.id().unwrap());
}

/// Tells its number by its generation, so that scores, cases and sizes all vary.
fn wanderer() -> SeedAgent {
    let body = "import random
rng = random.Random(arg['seed'])
pad = '# pad\\n' * rng.randrange(9) + 'x = [' + '1,' * rng.randrange(40) + ']\\n'
open('task_agent.py', 'w').write(pad + 'def guess():\\n    return %d\\n' % rng.randrange(60))";
    agent(&[("task_agent.py", &guess(59)), ("meta_agent.py", &meta(body))])
}

#[test]
fn a_run_that_names_no_strategy_has_format_2_and_no_new_field() {
    let done = evolve(&climber(10), &options(7), 2, 2, &[]);
    assert_eq!((done.config.format, &done.config.search), (2, &None));
    let config = done.config.to_value().unwrap();
    assert!(config.get("search").is_none() && config["selection"] == "score-child-prop");
    for record in &done.records {
        let value = record.to_value().unwrap();
        assert!(value.get("turns").is_none());
        assert!(value["candidates"].as_array().unwrap().iter().all(|one| one.get("search").is_none()));
    }
    assert!(!done.events.iter().any(|event| matches!(event, Event::CandidateGuided(_))));
}

#[test]
fn a_run_that_names_a_strategy_has_format_3_and_its_parameters() {
    let done = evolve(&wanderer(), &with("islands:count=2,inner=(beam:width=3)", 7), 3, 2, &[]);
    let config = done.config.to_value().unwrap();
    assert_eq!((&config["format"], config.get("selection")), (&json!(3), None));
    let strategy = &config["search"]["strategy"];
    assert_eq!(
        (&strategy["rate"], &strategy["inner"]),
        (&json!("1/10"), &json!({"name": "beam", "width": 3}))
    );
    for record in &done.records {
        assert!(record.candidates.iter().all(|one| one.search.is_some()));
    }
    let guided = done.events.iter().filter(|event| matches!(event, Event::CandidateGuided(_))).count();
    assert_eq!(guided, 12);
    replays(&done);
}

#[test]
fn configurations_of_other_formats_and_mixtures_of_them_are_refused() {
    let two = evolve(&climber(10), &options(7), 1, 2, &[]).config.to_value().unwrap();
    let three = evolve(&climber(10), &with("random", 7), 1, 2, &[]).config.to_value().unwrap();
    let refused = |base: &Value, changes: &[(&str, Value)], words: &str| {
        let mut value = base.clone();
        changes.iter().for_each(|(key, change)| value[*key] = change.clone());
        let error = RunConfig::from_value(&value).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        error
    };
    let unknown =
        refused(&two, &[("format", json!(4)), ("new", json!(1))], "format 4, and this build reads 2 and 3");
    assert!(matches!(unknown, EvolveError::OtherFormat { recorded: 4 }));
    refused(&two, &[("format", json!(3))], "format 3 with the fields of format 2");
    refused(&three, &[("format", json!(2))], "format 2 with the fields of format 3");
    refused(&three, &[("selection", json!("best"))], "does not go together");
    refused(&three, &[("parity", json!(true))], "`parity` does not go together");
    refused(&three, &[("arm", json!("random"))], "only the arms");
    let strategy = json!({"strategy": {"name": "random", "x": 1}, "admission": "gate", "inspirations": 0});
    refused(&three, &[("search", strategy)], "no parameter");
    let (from, selection) = (&three, RunConfig::from_value(&two).unwrap().selection);
    assert!(RunConfig::from_value(from).unwrap().selection.is_none() && selection.is_some());
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let refused = |options: RunOptions, words: &str| {
        let error = options.validate().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(RunOptions { arm: hyperspace_evolve::Arm::Random, ..with("beam", 1) }, "arm is random");
    refused(RunOptions { parity: true, ..with("beam", 1) }, "parity is true");
    refused(with("annealing", 1), "candidates is 4; expected 1");
}

#[test]
fn members_that_are_no_better_are_kept_and_the_champion_is_still_gated() {
    let done = evolve(&wanderer(), &with("random", 5), 6, 2, &[]);
    assert!(done.records.iter().flat_map(|record| &record.candidates).all(|one| one.fate != Fate::Kept));
    let mut options = with("random", 5);
    options.search.as_mut().unwrap().admission = Some(Admission::Scored);
    let done = evolve(&wanderer(), &options, 6, 2, &[]);
    let all: Vec<_> = done.records.iter().flat_map(|record| &record.candidates).collect();
    let kept: Vec<_> = all.iter().filter(|one| one.fate == Fate::Kept).collect();
    assert!(kept.len() > 3 && kept.iter().all(|one| one.held_out.is_none()), "{}", kept.len());
    // Something that was only kept has children.
    let of_kept = |parent| {
        done.records.iter().any(|record| {
            record.candidates.iter().any(|one| one.parent.as_ref().is_some_and(|own| own.id == parent))
        })
    };
    let ids = done.records.iter().flat_map(|record| {
        let id = |candidate| hyperspace_evolve::CandidateId { generation: record.generation, candidate };
        (0..)
            .zip(&record.candidates)
            .filter(|(_, one)| one.fate == Fate::Kept)
            .map(move |(number, _)| id(number))
    });
    assert!(ids.into_iter().any(of_kept));
    let mut best = done.records[0].champion().clone();
    for record in &done.records {
        let now = record.champion().clone();
        assert!(now == best || (now.score < best.score && now.held_out <= best.held_out));
        best = now;
    }
}

#[test]
fn islands_migrate_and_begin_again_as_recorded() {
    let text = "islands:count=4,interval=8,rate=0.5,reset=12,inner=random";
    let done = evolve(&wanderer(), &with(text, 3), 8, 2, &[]);
    let turns: Vec<&SearchTurn> = done.records.iter().flat_map(|record| &record.turns).collect();
    let migrations = turns.iter().filter(|turn| matches!(turn, SearchTurn::Migration(_))).count();
    let resets = turns.iter().filter(|turn| matches!(turn, SearchTurn::Reset(_))).count();
    assert!(migrations >= 8 && migrations % 4 == 0 && resets >= 2 && resets % 2 == 0, "{turns:?}");
    let told = done
        .events
        .iter()
        .filter(|event| matches!(event, Event::IslandMigrated(_) | Event::IslandRestarted(_)));
    assert_eq!(told.count(), turns.len());
    // Four candidates of a generation, one for each island.
    for record in done.records.iter().skip(1) {
        let mut islands: Vec<u64> =
            record.candidates.iter().map(|one| one.search.as_ref().unwrap().island).collect();
        islands.sort_unstable();
        assert_eq!(islands, [0, 1, 2, 3]);
    }
    replays(&done);
}

#[test]
fn one_more_island_is_opened_after_long_stagnation() {
    // Nothing is better than the seed.
    let idle = agent(&[("task_agent.py", &guess(5)), ("meta_agent.py", &meta("return None"))]);
    let done = evolve(&idle, &with("islands:count=2,stagnation=8,most=4", 3), 10, 2, &[4]);
    let opened: Vec<(u64, u64, u64)> = done
        .records
        .iter()
        .flat_map(|record| record.turns.iter().map(move |turn| (record.generation, turn)))
        .filter_map(|(generation, turn)| match turn {
            SearchTurn::Opening(one) => Some((generation, one.island, one.stagnation)),
            _ => None,
        })
        .collect();
    // Decided before a generation, and carried out after its four candidates; no more than four islands.
    assert_eq!(opened, [(3, 2, 8), (6, 3, 8)]);
    assert_eq!(done.events.iter().filter(|event| matches!(event, Event::IslandOpened(_))).count(), 2);
    replays(&done);
}

#[test]
fn annealing_as_a_strategy_holds_tournaments_by_its_own_rule() {
    let run = |text: &str| {
        let options = RunOptions { candidates: 1, ..with(text, 11) };
        let done = evolve(&wanderer(), &options, 5, 2, &[]);
        replays(&done);
        done.records.iter().filter(|record| record.candidates.len() == 2).count()
    };
    assert_eq!((run("annealing:p0=1,decay=1"), run("annealing:p0=0")), (5, 0));
}

#[test]
fn meta_agents_read_their_inspirations() {
    let body = "shown = arg['inspirations']
names = sorted(os.listdir('/repo/strategies')) if os.path.isdir('/repo/strategies') else []
text = json.dumps([shown, names, [open(one['folder'] + '/task_agent.py').read() for one in shown]])
os.makedirs('lib', exist_ok=True)
open('lib/seen.py', 'w').write(text)
open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (30 - arg['generation']))";
    let agent = agent(&[("task_agent.py", &guess(50)), ("meta_agent.py", &meta(body))]);
    let options = RunOptions { candidates: 1, ..with("latest", 5) };
    let mut options = options;
    options.search.as_mut().unwrap().inspirations = Some(2);
    let done = evolve(&agent, &options, 3, 2, &[]);
    let last = &done.records[3].candidates[0];
    let shown = &last.search.as_ref().unwrap().inspirations;
    assert_eq!(shown.len(), 2);
    let files = done.store.get_files(&last.tree).unwrap();
    let path = hyperspace_core::RelPath::new("lib/seen.py").unwrap();
    let seen: Value = serde_json::from_slice(files.get(&path).unwrap()).unwrap();
    let (list, names, code) = (seen[0].as_array().unwrap(), seen[1].as_array().unwrap(), &seen[2]);
    assert_eq!((list.len(), names.len()), (shown.len(), shown.len()));
    for (one, told) in shown.iter().zip(list) {
        assert_eq!(
            (&told["generation"], &told["role"]),
            (&json!(one.id.generation), &json!(one.role.name()))
        );
    }
    assert!(code[0].as_str().unwrap().contains("def guess"));
}

#[test]
fn independent_samples_see_no_other_candidate() {
    let body = "seen = [sorted(os.listdir('/repo/strategies')) if os.path.isdir('/repo/strategies') else [], arg['inspirations']]
assert seen == [[], []], seen
open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (49 - arg['generation']))";
    let agent = agent(&[("task_agent.py", &guess(50)), ("meta_agent.py", &meta(body))]);
    let done = evolve(&agent, &RunOptions { candidates: 1, ..with("iid", 5) }, 4, 2, &[]);
    for record in &done.records[1..] {
        let one = &record.candidates[0];
        assert!(one.fate.is_admitted() && one.parent.as_ref().unwrap().id.generation == 0, "{one:?}");
    }
}

#[test]
fn with_parsimony_the_smaller_of_equals_is_admitted() {
    // The same answer, with one line less in every generation.
    let body = "lines = open('task_agent.py').read().splitlines()
del lines[1]
open('task_agent.py', 'w').write('\\n'.join(lines) + '\\n')";
    let long = format!("def guess():\n{}    return 30\n", "    x = 1\n".repeat(6));
    let agent = agent(&[("task_agent.py", &long), ("meta_agent.py", &meta(body))]);
    let fates = |parsimony| {
        let mut options = RunOptions { candidates: 1, ..with("latest", 5) };
        options.search.as_mut().unwrap().parsimony = parsimony;
        let done = evolve(&agent, &options, 3, 2, &[]);
        replays(&done);
        done.records[1..].iter().map(|record| record.candidates[0].fate).collect::<Vec<_>>()
    };
    assert_eq!(fates(true), [Fate::Champion; 3]);
    assert_eq!(fates(false), [Fate::NoBetter; 3]);
    let mut options = with("islands", 5);
    options.search.as_mut().unwrap().parsimony = true;
    assert!(options.validate().unwrap_err().to_string().contains("parsimony is true"));
}

#[test]
fn edits_beyond_the_limits_on_code_are_refused() {
    let body = "open('task_agent.py', 'w').write('def guess():\\n' + '    x = [1, 2, 3]\\n' * (arg['candidate'] * 4) + '    return 30\\n')";
    let agent = agent(&[("task_agent.py", &guess(59)), ("meta_agent.py", &meta(body))]);
    let mut options = options(3);
    options.code_limits.file_nodes = Some(60);
    let done = evolve(&agent, &options, 1, 2, &[]);
    assert_eq!(done.config.to_value().unwrap()["code_limits"], json!({"file_nodes": 60}));
    let fates: Vec<Fate> = done.records[1].candidates.iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Champion, Fate::Admitted, Fate::Unchanged, Fate::Unchanged]);
    let refused: Vec<_> = done
        .events
        .iter()
        .filter_map(|event| match event {
            Event::EditRefused(refused) => Some((refused.candidate.candidate, refused.reason.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(refused.len(), 2);
    for (candidate, reason) in refused {
        assert!(
            candidate >= 2
                && reason.starts_with("the file has ")
                && reason.ends_with(" nodes; the run allows 60"),
            "{reason}"
        );
    }
    replays(&done);
    assert!(
        evolve(&agent, &crate::common::options(3), 1, 2, &[])
            .config
            .to_value()
            .unwrap()
            .get("code_limits")
            .is_none()
    );
    options.code_limits.complexity = Some(0);
    assert!(options.validate().unwrap_err().to_string().contains("complexity is 0"));
}

/// Writes one of three programs in one of many ways.
fn rewriter() -> SeedAgent {
    let body = "import random
rng = random.Random(arg['seed'])
name = 'abc'[rng.randrange(3)]
head = '# %d\\n' % rng.randrange(1000)
text = 'def guess():\\n' + ' ' * rng.randrange(1, 5) + '%s = %d; return %s\\n' % (name, 40 + rng.randrange(3), name)
open('task_agent.py', 'w').write(head + text)";
    agent(&[("task_agent.py", &guess(59)), ("meta_agent.py", &meta(body))])
}

#[test]
fn candidates_that_are_the_same_program_are_measured_once() {
    let mut options = with("random", 5);
    let measured = |done: &Done| {
        let all = done.records.iter().flat_map(|record| &record.candidates);
        all.filter(|one| one.train.is_some()).count()
    };
    let exact = evolve(&rewriter(), &options, 6, 2, &[]);
    options.search.as_mut().unwrap().duplicates = DuplicateRule::Syntax;
    let syntax = evolve(&rewriter(), &options, 6, 2, &[]);
    // The seed, and each of three programs.
    assert_eq!(measured(&syntax), 4);
    assert!(measured(&exact) > 15, "{}", measured(&exact));
    assert_eq!(
        syntax.records.last().unwrap().champion().score,
        exact.records.last().unwrap().champion().score
    );
    let told: Vec<_> = syntax
        .events
        .iter()
        .filter_map(|event| match event {
            Event::CandidateResembled(told) => Some(told),
            _ => None,
        })
        .collect();
    let record = |id: CandidateId| {
        let generation = usize::try_from(id.generation).unwrap();
        &syntax.records[generation].candidates[usize::try_from(id.candidate).unwrap()]
    };
    let number = |tree| {
        let path = hyperspace_core::RelPath::new("task_agent.py").unwrap();
        let text =
            String::from_utf8(syntax.store.get_files(&tree).unwrap().get(&path).unwrap().to_vec()).unwrap();
        text.split("return")
            .next()
            .unwrap()
            .rsplit(' ')
            .find_map(|word| word.trim_end_matches(';').parse::<u32>().ok())
    };
    assert!(told.len() > 10);
    for one in &told {
        let (own, other) = (record(one.candidate), record(one.other));
        assert_eq!((own.fate, one.by, one.tree), (Fate::Duplicate, Resemblance::Syntax, other.tree));
        assert_eq!((own.train.is_none(), other.train.is_some()), (true, true));
        assert_ne!(own.tree, other.tree);
        assert_eq!(number(own.tree), number(other.tree));
    }
    replays(&syntax);
    assert_eq!(evolve(&rewriter(), &options, 6, 1, &[2, 4]).root, syntax.root);
}

#[test]
fn candidates_that_are_almost_the_same_program_are_not_measured() {
    let body = "lines = ['    v%d = %d' % (n, n) for n in range(160)]
lines[arg['candidate']] += ' + %d' % arg['generation']
lines.append('    return %d' % (50 - arg['generation']))
open('task_agent.py', 'w').write('def guess():\\n' + '\\n'.join(lines) + '\\n')";
    let agent = agent(&[("task_agent.py", &guess(59)), ("meta_agent.py", &meta(body))]);
    let mut options = with("random", 5);
    options.search.as_mut().unwrap().near_duplicates = Fraction::new(9, 10);
    let done = evolve(&agent, &options, 2, 2, &[]);
    let fates: Vec<Fate> = done.records[1].candidates.iter().map(|one| one.fate).collect();
    assert_eq!((fates[0], &fates[1..]), (Fate::Champion, &[Fate::NearDuplicate; 3][..]));
    assert!(done.records[2].candidates.iter().all(|one| one.fate == Fate::NearDuplicate));
    for event in &done.events {
        if let Event::CandidateResembled(told) = event {
            assert_eq!((told.by, told.other.candidate), (Resemblance::Near, 0));
            assert!((0.9..1.0).contains(&told.likeness.to_f64()), "{}", told.likeness);
        }
    }
    replays(&done);
    options.search.as_mut().unwrap().near_duplicates = Fraction::new(1, 4);
    assert!(options.validate().unwrap_err().to_string().contains("near-duplicates is 0.25"));
}

/// Any rule without another one in it, with parameters that make its state move in a short run.
fn rule() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("score-child-prop".to_owned()),
        Just("random".to_owned()),
        Just("best".to_owned()),
        Just("latest".to_owned()),
        Just("iid".to_owned()),
        Just("pareto".to_owned()),
        (0_u64..4).prop_map(|alpha| format!("power-law:alpha={alpha}")),
        (1_u64..20).prop_map(|lambda| format!("weighted:lambda={lambda}")),
        (1_u64..5).prop_map(|width| format!("beam:width={width}")),
        (1_u64..6).prop_map(|period| format!("clusters:period={period}")),
        (1_u64..5).prop_map(|arms| format!("clade:arms={arms}")),
        (1_u64..5).prop_map(|n| format!("best-of-n:n={n}")),
        (2_u64..5, prop_oneof![Just("fixed"), Just("quantile")])
            .prop_map(|(bins, scale)| format!("map-elites:dimensions=lines+score,bins={bins},scale={scale}")),
    ]
}

/// Any strategy.
fn strategy() -> impl Strategy<Value = String> {
    let islands =
        (2_u64..4, 3_u64..9, 0_u64..12, prop_oneof![Just("ring"), Just("random"), Just("none")], rule());
    prop_oneof![
        3 => rule(),
        2 => islands.prop_map(|(count, interval, reset, way, rule)| {
            format!("islands:count={count},interval={interval},reset={reset},migration={way},rate=0.5,inner=({rule})")
        }),
        1 => (rule(), rule(), 1_u64..6)
            .prop_map(|(a, b, window)| format!("mixture:of=({a})+({b}),window={window}")),
        1 => rule().prop_map(|rule| format!("islands:interval=4,inner=(mixture:of=({rule})+random)")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 8, ..ProptestConfig::default() })]

    /// One root for one and for two workers, and after interruptions; a replay is equal; the record is read back.
    #[test]
    fn any_strategy_repeats(
        text in strategy(),
        seed in 0_u64..1_000,
        candidates in 1_u64..5,
        scored: bool,
        inspirations in 0_u64..4,
        stop in 1_u64..4,
        compared in 0_u8..4,
        early in 0_u8..3,
    ) {
        let spec: StrategySpec = text.parse().unwrap();
        let admission = Some(if scored { Admission::Scored } else { Admission::Gate });
        let inspirations = Some(if text == "iid" { 0 } else { inspirations });
        let duplicates = if compared % 2 == 0 { DuplicateRule::Exact } else { DuplicateRule::Syntax };
        let near_duplicates = if compared / 2 == 0 { None } else { Fraction::new(9, 10) };
        let early_stop = [None, Fraction::new(0, 1), Fraction::new(1, 5)][usize::from(early)].filter(|_| !scored);
        let search = SearchOptions { admission, inspirations, duplicates, near_duplicates, early_stop, ..SearchOptions::new(spec) };
        let search = Some(search);
        let options = RunOptions { candidates, search, ..options(seed) };
        let one = evolve(&wanderer(), &options, 5, 1, &[]);
        let other = evolve(&wanderer(), &options, 5, 2, &[stop, stop + 1]);
        prop_assert_eq!(&one.root, &other.root, "{}", text);
        replays(&other);
        for record in &one.records {
            let back = GenerationRecord::from_value(&record.to_value().unwrap()).unwrap();
            prop_assert_eq!(&back, record);
        }
        prop_assert_eq!(RunConfig::from_value(&one.config.to_value().unwrap()).unwrap(), one.config);
    }
}

#[test]
fn the_page_of_strategies_is_current() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/strategies.md");
    let recorded = std::fs::read_to_string(&page).unwrap();
    let intro = recorded.split("\n## ").next().unwrap_or_default();
    let current = format!("{}\n{}", intro.trim_end(), hyperspace_evolve::strategy_reference());
    if recorded != current {
        let proposed = page.with_extension("md.new");
        std::fs::write(&proposed, current).unwrap();
        panic!(
            "strategies have changed: compare {} with strategies.md, and move it there",
            proposed.display()
        );
    }
}
