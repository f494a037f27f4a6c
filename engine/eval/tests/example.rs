//! The example does what it says.

#[path = "../examples/evaluate.rs"]
#[expect(dead_code, reason = "its main is called by cargo alone")]
mod embed;

#[test]
fn the_example_tells_score_outcome_and_fuel() {
    let lines = embed::evaluate().unwrap();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("train: score 0.5, scored, fuel "), "{}", lines[0]);
    let expected = "held-out: score none, exception: FileNotFoundError: [Errno 44] No such file or directory: '/etc/passwd', fuel ";
    assert!(lines[1].starts_with(expected), "{}", lines[1]);
    for line in lines {
        assert!(line.rsplit(' ').next().unwrap().parse::<u64>().unwrap() > 100_000, "{line}");
    }
}
