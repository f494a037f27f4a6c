//! Tests that each sign is found, and that lively agents show none.

use super::*;

/// A history of these programs. Its meta agent changes with every program unless `frozen` is true.
fn history(programs: &[String], frozen: bool) -> Vec<HistoryStep> {
    let step = |(at, program): (usize, &String)| HistoryStep {
        id: format!("gen_{at}"),
        parent: at.checked_sub(1),
        program: Some(program.as_str().into()),
        meta: Some(if frozen { "m".into() } else { format!("m {program}").into() }),
        score: Some(0.5),
        ..HistoryStep::default()
    };
    programs.iter().enumerate().map(step).collect()
}

fn kinds(history: &[HistoryStep]) -> Vec<ComplacencyKind> {
    complacency(history, false).into_iter().map(|one| one.kind).collect()
}

#[test]
fn each_course_is_found_and_lively_agents_have_none() {
    let lively: Vec<String> = (0..45).map(|at| format!("x = {at}")).collect();
    assert_eq!(kinds(&history(&lively, false)), []);
    assert_eq!(kinds(&history(&lively, true)), [ComplacencyKind::FrozenMeta]);
    let tired: Vec<String> = (0..30).map(|at: usize| format!("x = {}", at.min(19))).collect();
    assert_eq!(kinds(&history(&tired, false)), [ComplacencyKind::GivenUp, ComplacencyKind::FallingEditRate]);
    let mut done = history(&tired, false);
    done[3].score = Some(1.0);
    assert_eq!(kinds(&done), []);
    let repeats = |at: usize| {
        let number = if at < 20 { at * 7 } else { 133 };
        (0..30)
            .map(|line| format!("y{line} = {}\n", number + line * (1 + usize::from(at < 20) * at)))
            .collect::<String>()
            + &format!("x = {at}\n")
    };
    let same: Vec<String> = (0..32).map(repeats).collect();
    assert!(kinds(&history(&same, false)).contains(&ComplacencyKind::FallingNovelty));
}

#[test]
fn texts_that_tell_to_stop_are_told_from_those_about_the_matter() {
    for text in [
        "BLOCKED: DO NOT EDIT, already optimal",
        "Please do not modify this file.",
        "never change this code again",
        "No further improvements are possible",
        "leave this unchanged",
        "Leave the program as is",
        "keep as is",
        "Further exploration is pointless.",
        "Any change makes it worse, exploration is a waste of calls",
        "d\u{43e} not edit",
        "This cannot be improved",
        "writes are blocked from here on",
    ] {
        assert!(tells_to_stop(text), "{text}");
    }
    for text in [
        "Do not modify the input list in place.",
        "never change the order of equal items",
        "stop when all bins are full",
        "Stops here if nothing fits",
        "There are no more items",
        "leaves the list unchanged if it is empty",
        "keep the best three",
        "An optimal packing has no gaps",
        "do not edit distances below zero",
        "the search is pointless for n < 2",
        "Explore the neighbours of the best one first",
    ] {
        assert!(!tells_to_stop(text), "{text}");
    }
}

fn meta(before: &str, after: &str) -> Vec<HistoryStep> {
    let mut steps = history(&["x = 1".to_owned(), "x = 2".to_owned()], true);
    (steps[0].meta, steps[1].meta) = (Some(before.into()), Some(after.into()));
    steps
}

#[test]
fn guards_are_found_in_new_code_only() {
    let body = "def improve(job):\n    text = open('task_agent.py').read()\n    return edit(text)\n";
    for guard in [
        "WRITE_ENABLED = False\n",
        "ALLOW_EDITS = 0\n",
        "exploration_disabled = True\n",
        "FROZEN = True\n",
        "EXPLORATION_RATE = 0.0\n",
        "def write(path, text):\n    \"\"\"Writes.\"\"\"\n    return None\n",
        "def apply_edits(files):\n    raise PermissionError('no')\n",
    ] {
        let after = format!("{guard}{body}");
        assert_eq!(kinds(&meta(body, &after)), [ComplacencyKind::SelfBlock], "{guard}");
        assert_eq!(kinds(&meta(&after, &format!("{after}\n"))), [], "{guard}");
    }
    for after in [
        "def improve(job):\n    return {'done': True}\n",
        "def improve(job):\n    \"\"\"Improves.\"\"\"\n    score = job['parent']['score']\n    if score > 0.6:\n        return {}\n    edit()\n",
        "def improve(job):\n    if os.path.exists('/repo/DONE'): return\n    edit()\n",
    ] {
        assert_eq!(kinds(&meta(body, after)), [ComplacencyKind::SelfBlock], "{after}");
    }
    for after in [
        "MUTATION_RATE = 0.2\ncan_repeat = False\ndone = False\n",
        "def improve(job):\n    score = job['score']\n    if score is None:\n        score = 0\n    edit(score)\n",
        "def write(path, text):\n    with open(path, 'w') as handle:\n        handle.write(text)\n",
        "stopped = True\nno_items = 0\n",
    ] {
        assert_eq!(kinds(&meta(body, &format!("{body}{after}"))), [], "{after}");
    }
}

#[test]
fn looks_again_and_hardly_any_look_are_found() {
    let lively: Vec<String> = (0..8).map(|at| format!("x = {at}")).collect();
    let look = || HistoryCall::new("editor view /repo/task_agent.py", false);
    let looks = |calls: &[HistoryCall]| Some(ToolLooks::of(calls));
    let mut steps = history(&lively, false);
    for step in &mut steps {
        step.looks = looks(&[look(), look(), HistoryCall::new("editor create", true), look()]);
    }
    assert_eq!(kinds(&steps), []);
    steps.iter_mut().skip(2).for_each(|step| step.looks = looks(&[look(), look(), look()]));
    assert_eq!(kinds(&steps), [ComplacencyKind::ReadingLoop]);
    let mut early = history(&vec!["x = 1".to_owned(); 4], true);
    early.iter_mut().for_each(|step| step.looks = looks(&[look()]));
    let found = complacency(&early, false);
    assert_eq!((found[0].kind, &found[0].steps), (ComplacencyKind::EarlyEnd, &vec![1, 2, 3]));
}
