//! `transfer`: each scripted reader has the profile that it must, trials replay, and a benchmark goes on where it was.

use std::time::Duration;

use hyperspace_testkit::command::kill_after;
use serde_json::{Value, json};

use crate::common::environment;

const MEASURES: [&str; 5] = ["looked", "adopted", "adapted", "improved", "explained"];
/// The readers, and of how many of two trials each measure holds.
const PROFILES: [(&str, [u64; 5]); 4] = [
    ("control-adopter", [2, 2, 2, 2, 2]),
    ("control-refuser", [0, 0, 0, 0, 2]),
    ("control-copier", [2, 2, 0, 0, 2]),
    ("control-liar", [2, 2, 2, 2, 0]),
];

#[test]
fn each_control_has_the_profile_that_it_must() {
    let env = environment();
    let args = ["transfer", "--controls", "--trials", "2", "--seed", "5"];
    // Killed on the way, and taken up: what was committed is not made again.
    drop(kill_after(&mut env.command(&args), Duration::from_secs(4)));
    let (view, code) = env.json(&args);
    assert_eq!(code, 0, "{view}");
    let pairs = view["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), PROFILES.len());
    for (pair, (reader, profile)) in pairs.iter().zip(PROFILES) {
        assert_eq!((&pair["author"], &pair["reader"]), (&json!("planted"), &json!(reader)));
        let counts = |name: &str| (pair[name]["count"].as_u64().unwrap(), pair[name]["of"].as_u64().unwrap());
        assert_eq!((counts("offered"), counts("alone")), ((2, 2), (0, 2)), "{reader}");
        assert_eq!(MEASURES.map(counts), profile.map(|count| (count, 2)), "{reader}: {pair}");
        let (low, high) =
            (pair["adopted"]["low"].as_f64().unwrap(), pair["adopted"]["high"].as_f64().unwrap());
        assert!(low < high && (0.0..=1.0).contains(&low) && high <= 1.0);
    }
    let trials = view["trials"].as_array().unwrap();
    let score = |reader: &str| {
        let own = trials.iter().find(|trial| trial["reader"] == reader).unwrap();
        ["began", "author_score", "ended"].map(|name| (own[name].as_f64().unwrap() * 7.0).round())
    };
    assert_eq!(score("control-adopter"), [3.0, 5.0, 7.0]);
    assert_eq!(score("control-copier"), [3.0, 5.0, 5.0]);
    assert_eq!(score("control-refuser"), [3.0, 5.0, 3.0]);
    let again = env.json(&args).0;
    assert_eq!(again, view, "nothing is made again");
    let hash = view["transfer"].as_str().unwrap();
    assert_eq!(env.json(&["transfer", "--report", &hash[..8]]).0, view);
    // Another length is another benchmark of the same runs.
    let (one, _) = env.json(&["transfer", "--controls", "--trials", "1", "--seed", "5"]);
    assert_eq!(one["trials"][0]["run"], trials[0]["run"]);
    assert_ne!(one["transfer"], view["transfer"]);
    for trial in [&trials[0], &trials[4]] {
        let replayed = env.run(&["replay", trial["run"].as_str().unwrap()]);
        assert_eq!(replayed.status.code(), Some(0), "{}", String::from_utf8_lossy(&replayed.stderr));
    }
    let text = String::from_utf8(env.run(&["transfer", "--report", &hash[..8]]).stdout).unwrap();
    assert!(text.contains("control-liar") && text.contains("100 [34, 100]") && text.contains(hash), "{text}");
}

#[test]
fn authors_that_publish_nothing_better_offer_nothing() {
    let env = environment();
    let (_server, url) = env.serve("[[rule]]\n[[rule.answer]]\ntext = \"I would rather not.\"\n");
    env.write("hyperspace.toml", format!("[models.silent]\nbase-url = \"{url}\"\n"));
    let (view, code) = env.json(&["transfer", "silent", "--author", "silent", "--trials", "1"]);
    assert_eq!(code, 0, "{view}");
    let pair = &view["pairs"][0];
    assert_eq!((&pair["offered"]["count"], &pair["offered"]["of"]), (&json!(0), &json!(1)));
    assert_eq!((&pair["looked"]["share"], &pair["looked"]["high"]), (&Value::Null, &json!(1.0)));
    assert_eq!((&pair["gain"], &view["trials"][0]["explained"]), (&Value::Null, &Value::Null));
}

#[test]
fn requests_that_measure_nothing_are_refused() {
    let env = environment();
    env.fails(&["transfer"], 2, &["no model is to be measured", "--controls"]);
    env.fails(&["transfer", "--controls", "--trials", "0"], 2, &["trials", "1 to 10000"]);
    env.fails(&["transfer", "--controls", "--cassette", "calls.jsonl"], 2, &["cassette", "replay"]);
    env.fails(&["transfer", "nobody", "--trials", "1"], 2, &["nobody"]);
    env.fails(&["transfer", "--report", "abcdef12"], 2, &["abcdef12"]);
    env.write("hyperspace.toml", "[models.planted]\nbase-url = \"http://127.0.0.1:9\"\n");
    env.fails(&["transfer", "--controls"], 2, &["models.planted", "another name"]);
}
