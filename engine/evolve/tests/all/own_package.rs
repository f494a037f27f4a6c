//! Agents with modules of their own in a folder `agent`: what a run records of them, that they evolve, and whose modules run.

use crate::common::{CLIMB, agent, climber, evaluator, guess, meta, options, replayed, runtime, task};
use hyperspace_core::EditScope;
use hyperspace_eval::agent_layer_id;
use hyperspace_evolve::{
    AgentExtended, Arm, Event, Fate, GenerationRecord, Run, RunOptions, RunResources, SeedAgent, Selection,
    journal, load_config, records,
};
use hyperspace_store::Store;

/// Runs `generations`, compares the replay with the record, and returns the records and the events of agents' own modules.
fn evolve(
    agent: SeedAgent,
    options: &RunOptions,
    generations: u64,
) -> (Store, Run, Vec<GenerationRecord>, Vec<AgentExtended>) {
    let store = Store::in_memory();
    let run = runtime().block_on(async {
        let resources = RunResources::new(evaluator(), 2);
        let mut run = Run::start(store.clone(), task(), agent, options, resources).await.unwrap();
        run.run_to(generations).await.unwrap();
        run
    });
    replayed(&store, run.id());
    let list = records(&store, run.id()).unwrap().into_iter().map(|(_, record)| record).collect();
    let events = journal(&store, run.id()).unwrap().into_iter().filter_map(|entry| match entry.event {
        Event::AgentExtended(found) => Some(found),
        _ => None,
    });
    (store, run, list, events.collect())
}

/// A body of `improve(arg)` that takes one step towards larger numbers in a module of the agent's own.
const CLIMB_IN_OWN: &str = "path = 'agent/number.py'
number = int(open(path).read().split()[-1])
open(path, 'w').write('NUMBER = %d\\n' % (number + 1))";

const TASK_AGENT: &str = "from agent.number import NUMBER\ndef guess():\n    return NUMBER\n";

fn own_scope(seed: u64) -> RunOptions {
    RunOptions { edit_scope: EditScope::new(&["agent/**"]).unwrap(), ..options(seed) }
}

#[test]
fn an_agents_own_package_evolves_and_the_record_says_what_it_replaces() {
    let loops = "def chat_with_agent(*args, **kwargs):\n    return []\n";
    let files = [
        ("task_agent.py", TASK_AGENT),
        ("meta_agent.py", &meta(CLIMB_IN_OWN)),
        ("agent/number.py", "NUMBER = 10\n"),
        ("agent/agentic_loop.py", loops),
        ("agent/notes.txt", "no module\n"),
    ];
    let (store, run, records, extended) = evolve(agent(&files), &own_scope(7), 4);
    assert_eq!(load_config(&store, run.id()).unwrap().agent_layer, Some(agent_layer_id()));
    let (first, last) = (records[0].champion(), records.last().unwrap().champion());
    assert!(last.score < first.score, "{last:?}");
    let measured = records.iter().flat_map(|record| &record.candidates);
    let measured = measured.filter(|one| one.train.is_some()).count();
    assert_eq!(extended.len(), measured);
    assert!(measured > 2);
    for event in extended {
        assert_eq!((event.replaces, event.adds), (vec!["agent.agentic_loop".to_owned()], 1));
    }
}

#[test]
fn an_edit_scope_alone_lets_a_package_begin() {
    let begin = "os.makedirs('agent', exist_ok=True)
open('agent/number.py', 'w').write('NUMBER = %d\\n' % (11 + arg['generation']))
open('task_agent.py', 'w').write('from agent.number import NUMBER\\ndef guess():\\n    return NUMBER\\n')";
    let files = [("task_agent.py", guess(10)), ("meta_agent.py", meta(begin))];
    let scope = EditScope::new(&["agent/**", "task_agent.py"]).unwrap();
    let (_store, _, records, extended) =
        evolve(agent(&files), &RunOptions { edit_scope: scope, ..options(7) }, 3);
    assert!(records[1].candidates.iter().any(|candidate| candidate.fate == Fate::Champion), "{records:?}");
    assert!(!extended.is_empty());
    assert!(extended.iter().all(|event| event.candidate.generation > 0 && event.adds == 1));
}

#[test]
fn other_runs_name_no_layer_and_have_no_such_event() {
    let (store, run, _, extended) = evolve(climber(10), &options(7), 2);
    assert_eq!(load_config(&store, run.id()).unwrap().agent_layer, None);
    assert!(extended.is_empty());
    let value = load_config(&store, run.id()).unwrap().to_value().unwrap();
    assert!(value.get("agent_layer").is_none());
}

/// The meta agent works with `agent.helper`, whose step a candidate would like to change.
const STEPPING: &str = "from agent.helper import STEP
os.makedirs('agent', exist_ok=True)
text = open('task_agent.py').read()
number = int(text.split()[-1])
open('task_agent.py', 'w').write(text.replace(str(number), str(number + STEP)))
open('agent/helper.py', 'w').write('STEP = 5\\n')
open('agent/llm_client.py', 'w').write('raise RuntimeError(0)\\n')";

#[test]
fn a_frozen_meta_agent_uses_its_own_modules_and_none_of_those_it_edits() {
    let files = [
        ("task_agent.py", guess(10)),
        ("meta_agent.py", format!("from agent.llm_client import EVAL_MODEL\n{}", meta(STEPPING))),
        ("agent/helper.py", "STEP = 1\n".to_owned()),
    ];
    let scope = EditScope::new(&["agent/**", "task_agent.py"]).unwrap();
    let steps = |arm| {
        let options = RunOptions {
            edit_scope: scope.clone(),
            arm,
            candidates: 1,
            selection: Selection::Best,
            ..options(7)
        };
        let (_store, _, records, _) = evolve(agent(&files), &options, 3);
        let champions: Vec<f64> = records.iter().map(|record| record.champion().score.to_f64()).collect();
        let failed =
            records.iter().flat_map(|record| &record.candidates).filter(|one| one.meta.len() > 1).count();
        (champions, failed)
    };
    // Steps of 1 with the seed's helper, whatever the child has; nobody stops.
    let climbed = vec![10.0, 9.0, 8.0, 7.0];
    assert_eq!(steps(Arm::FreezeMeta), (climbed.clone(), 0));
    // Where it may evolve, the client that it planted stops it. The seed's meta agent steps in, with its own modules and without the planted one.
    assert_eq!(steps(Arm::Full), (climbed, 2));
}

#[test]
fn a_run_that_names_another_layer_is_refused_by_name() {
    let body = CLIMB;
    let files = [
        ("task_agent.py", TASK_AGENT.to_owned()),
        ("meta_agent.py", meta(body)),
        ("agent/number.py", "NUMBER = 1".into()),
    ];
    let (store, run, ..) = evolve(agent(&files), &own_scope(1), 1);
    let mut value = load_config(&store, run.id()).unwrap().to_value().unwrap();
    value["agent_layer"] = serde_json::json!("00".repeat(32));
    let mut batch = store.batch().unwrap();
    let other = batch.put_record("run", &value).unwrap();
    batch.commit().unwrap();
    let error =
        hyperspace_evolve::load_context(&store, &other, RunResources::new(evaluator(), 1)).err().unwrap();
    assert!(error.to_string().contains("the agent layer"), "{error}");
}
