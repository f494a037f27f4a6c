//! Whole reports of made-up runs: equal bytes, bounded sizes, and everything that the page promises.

use hyperspace_report::{
    ReportAgent, ReportAnswer, ReportCandidate, ReportRun, ReportSlimming, analyse, write,
};

/// A run of that many candidates for each agent.
fn run(name: &str, agents: usize, candidates: usize) -> ReportRun {
    let mut run = ReportRun::default();
    run.name = name.to_owned();
    run.group = name.trim_end_matches(char::is_numeric).to_owned();
    run.hash = "ab".repeat(32);
    for agent in 0..agents {
        let mut made = ReportAgent::default();
        made.name = format!("agent<{agent}>");
        for at in 0..candidates {
            let mut one = ReportCandidate::default();
            one.id = format!("gen_{}_{}", at / 10, at % 10);
            one.generation = at as u64 / 10;
            one.parent = at.checked_sub(1 + at % 7);
            one.train = (at % 9 != 0).then(|| 0.3 + (at as f64 / candidates as f64) * 0.5);
            one.held_out = one.train.map(|train| train - 0.05 * (at % 5) as f64);
            one.failure = one.train.is_none().then(|| format!("ValueError: line {at} <b>"));
            one.fate = "admitted".to_owned();
            one.admitted = at % 3 == 0;
            let lines = 60 + at % 40;
            let code: String = (0..lines)
                .map(|line| format!("    value_{line} = compute(value, {})\n", (at * line) % 977))
                .collect();
            one.code = Some(format!("def solve_{agent}(value):\n{code}").into());
            made.candidates.push(one);
        }
        run.agents.push(made);
    }
    run
}

#[test]
fn the_same_runs_give_the_same_bytes_and_everything_is_escaped() {
    let runs = || vec![run("one1", 2, 120), run("one2", 1, 60), run("two1", 1, 60)];
    let files = write(&analyse(&runs()), true).unwrap();
    assert_eq!(files, write(&analyse(&runs()), true).unwrap());
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for name in [
        "report.html",
        "report.json",
        "tables/candidates.csv",
        "plots/run1-scores.png",
        "plots/comparison-best-held-out-score.png",
    ] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    let page = String::from_utf8(files[0].content.clone()).unwrap();
    for words in [
        "Comparison",
        "Adoptions",
        "What edits brought",
        "Failures by kind",
        "ValueError: line # &lt;b&gt;",
        "prefers-color-scheme",
        "@media print",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("agent<0>") && !page.contains("<b>"), "texts of agents are escaped");
    assert!(
        !page.contains("http://") || !page.replace("http://www.w3.org/2000/svg", "").contains("http"),
        "the page is alone"
    );
    let json: serde_json::Value = serde_json::from_slice(&files[1].content).unwrap();
    assert_eq!(json["runs"][0]["agents"][0]["candidates"], 120);
    assert_eq!(json["groups"].as_array().unwrap().len(), 2);
}

#[test]
fn answers_to_signs_are_told_where_a_run_gave_some() {
    let mut answered = run("one1", 1, 60);
    let mut answer = ReportAnswer::default();
    (answer.agent, answer.generation, answer.candidates) = ("agent<0>".to_owned(), 12, 5);
    (answer.sign, answer.answers) = ("given-up".to_owned(), vec!["warn".to_owned(), "explore".to_owned()]);
    answer.evidence = vec!["gen_11_0 task_agent.py: \"<stop>\"".to_owned()];
    answered.answers.push(answer);
    let files = write(&analyse(&[answered, run("two1", 1, 60)]), false).unwrap();
    let page = String::from_utf8(files[0].content.clone()).unwrap();
    let section = page.split("Answers to signs").nth(1).unwrap();
    assert!(section.contains("warn, explore") && section.contains("&lt;stop&gt;"), "{section}");
    assert_eq!(page.matches("Answers to signs").count(), 1);
    let json: serde_json::Value = serde_json::from_slice(&files[1].content).unwrap();
    assert_eq!(json["runs"][0]["answers"][0]["answers"], serde_json::json!(["warn", "explore"]));
    assert_eq!(json["runs"][0]["answers"][0]["generation"], 12);
    assert!(json["runs"][1].get("answers").is_none());
    let table = files.iter().find(|file| file.path == "tables/answers.csv").unwrap();
    assert!(String::from_utf8(table.content.clone()).unwrap().contains("given-up"));
    let without = write(&analyse(&[run("two1", 1, 60)]), false).unwrap();
    assert!(without.iter().all(|file| file.path != "tables/answers.csv"));
}

#[test]
fn slimming_attempts_are_told_and_are_no_steps_of_meta_agents() {
    let mut slimmed = run("one1", 1, 60);
    let mut attempt = ReportSlimming::default();
    (attempt.candidate, attempt.of, attempt.verdict) =
        ("gen_9_1".to_owned(), "gen_8_0".to_owned(), "kept".to_owned());
    (attempt.nodes_before, attempt.nodes) = (Some(90), Some(31));
    slimmed.slimming.push(attempt);
    let files = write(&analyse(&[slimmed, run("two1", 1, 60)]), false).unwrap();
    let page = String::from_utf8(files[0].content.clone()).unwrap();
    let section = page.split("<h3>Slimming</h3>").nth(1).unwrap();
    assert!(section.contains("gen_8_0") && section.contains("31"), "{section}");
    let json: serde_json::Value = serde_json::from_slice(&files[1].content).unwrap();
    assert_eq!(json["runs"][0]["slimming"][0]["nodes"], 31);
    assert!(json["runs"][1].get("slimming").is_none());
    assert!(files.iter().any(|file| file.path == "tables/slimming.csv"));
}

#[test]
fn ten_thousand_candidates_make_a_page_below_five_megabytes() {
    let files = write(&analyse(&[run("large", 1, 10_000)]), true).unwrap();
    let page = files.iter().find(|file| file.path == "report.html").unwrap();
    assert!(page.content.len() < 5_000_000, "{}", page.content.len());
    assert!(page.content.len() > 100_000);
}

#[test]
fn no_run_is_an_error() {
    assert!(write(&analyse(&[]), false).unwrap_err().to_string().contains("no run"));
}
