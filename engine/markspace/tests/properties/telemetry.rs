//! P57 and P58: telemetry harms nothing and misses nothing.

use hyperspace_markspace::{Authority, Draft, JsonLines, Ratio, Sink, TelemetryEvent};
use proptest::prelude::*;

use crate::cases;
use crate::history::{Cast, HistoryStep, history};
use crate::support::*;

struct Broken;
impl Sink for Broken {
    fn take(&self, _: &TelemetryEvent) {
        panic!("on purpose")
    }
}

struct Full;
impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn p57_broken_sinks_harm_nothing(steps in history()) {
        let plain = House::contest(Default::default(), false);
        let mut broken = House::contest(Default::default(), false);
        broken.space.add_sink(Box::new(Broken));
        broken.space.add_sink(Box::new(JsonLines::new(Full)));
        broken.space.add_sink(Box::new(hyperspace_markspace::TracingSink));
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let told = [&plain, &broken].map(|house| Cast::of(house).play_all(house, &steps));
        std::panic::set_hook(quiet);
        prop_assert_eq!(&told[0], &told[1]);
        prop_assert_eq!(plain.events(), broken.events());
    }

    #[test]
    fn p58_every_attempt_leaves_one_event(steps in history(), strange in 0..4usize) {
        let house = House::contest(Default::default(), false);
        let mut cast = Cast::of(&house);
        for step in &steps {
            let before = house.events().len();
            let had_permit = matches!(step, HistoryStep::Finish { agent, .. } if !cast.permits[*agent].is_empty());
            let told = cast.play(&house, step);
            let new = house.events()[before..].to_vec();
            let operation = match step {
                HistoryStep::Wait { .. } => None,
                HistoryStep::Finish { .. } => had_permit.then_some("finish"),
                HistoryStep::Claim { .. } => Some("claim"),
                HistoryStep::Boundary { .. } => Some("boundary"),
                HistoryStep::Answer { .. } => Some("resolve"),
                HistoryStep::Collect { .. } => Some("collect"),
                _ => Some("write"),
            };
            let count = new.iter().filter(|e| Some(e.operation) == operation).count();
            prop_assert_eq!(count, usize::from(operation.is_some()), "{:?}: {:?}", step, new);
            if operation == Some("write") {
                prop_assert_eq!(new[0].verdict == "accepted", told.starts_with("Ok"));
                prop_assert_eq!(new[0].check.is_some(), told.starts_with("Err"));
            }
        }
        let before = house.events().len();
        let foreign = Authority::new().issue("x", charter(&["a"]));
        let ok = match strange {
            0 => house.space.write_mark(&foreign, &scope("a"), Draft::observation("t", "c")).is_ok(),
            1 => matches!(house.claim(&foreign, "r", 1), hyperspace_markspace::ClaimOutcome::Allow(_)),
            2 => house.space.write_mark(&cast.agents[0], &scope("nowhere"), Draft::need("q", Ratio::ONE)).is_ok(),
            _ => { house.authority.revoke(&cast.agents[0]);
                   house.space.write_mark(&cast.agents[0], &scope("a"), Draft::observation("t", "c")).is_ok() }
        };
        prop_assert!(!ok);
        prop_assert_eq!(house.events().len(), before + 1);
        prop_assert!(house.events()[before].check.is_some());
        let numbers: Vec<u64> = house.events().iter().map(|e| e.number).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn json_lines_are_one_document_per_line() {
    let mut house = House::contest(Default::default(), false);
    let sender = tempfile::NamedTempFile::new().unwrap();
    house.space.add_sink(Box::new(JsonLines::new(sender.reopen().unwrap())));
    let ann = house.agent("ann", &["a"]);
    house.observe(&ann, "a", "t");
    let _ = house.space.write_mark(&ann, &scope("zz"), Draft::observation("t", "c"));
    let text = std::fs::read_to_string(sender.path()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["verdict"], &lines[1]["check"]), (&"accepted".into(), &"scope".into()));
}
