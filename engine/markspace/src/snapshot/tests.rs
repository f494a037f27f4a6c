//! A restored state equals the original one, now and after whatever comes next.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::capability::CapabilitySpec;
use crate::capability::Grant;
use crate::command::{ScreenResult, SpaceCommand};
use crate::define::{ConflictPolicy, Decay, RateLimit};
use crate::machine::CommandEffect;
use crate::model::Draft;
use crate::seq::Seq;
use crate::source::TrustSource;
use crate::strength::Ratio;
use hyperspace_core::MarkKind;

const AGENTS: [&str; 3] = ["ann", "bob", "cid"];
const PLACES: [&str; 5] = ["a", "a/x", "b", "b/y", "_system"];
const NAMES: [&str; 3] = ["r", "s", "t"];

/// Numbers from which a command is made.
type Dice = (u8, usize, usize, u64);

fn scope(place: usize) -> ScopeName {
    ScopeName::new(PLACES[place % PLACES.len()]).unwrap()
}

fn agent(ix: usize) -> String {
    AGENTS[ix % AGENTS.len()].to_owned()
}

fn setup() -> Vec<SpaceCommand> {
    let decay = Decay { observation_half_life: 90, warning_half_life: 40, intent_ttl: 60 };
    let rate = RateLimit { per_agent_max: Some(6), total_max: Some(20), window: 50 };
    let a = ScopeDef::new(scope(0)).decaying(decay).conflicts(ConflictPolicy::YieldAll, false);
    let b =
        ScopeDef::new(scope(2)).decaying(decay).limited(rate).conflicts(ConflictPolicy::FirstWriter, true);
    let grants = |places: &[usize]| {
        places.iter().map(|&p| Grant { scope: scope(p), kinds: MarkKind::ALL.to_vec() }).collect()
    };
    let wide = || CapabilitySpec::new(grants(&[0, 2])).trusted(TrustSource::Fleet);
    let narrow = wide().at_most(9).acting_on(scope(0), &crate::EditScope::new(&["r"]).unwrap());
    let enrol = |ix, charter| SpaceCommand::Enrol { agent: agent(ix), charter };
    vec![
        SpaceCommand::Define(a),
        SpaceCommand::Define(b),
        enrol(0, wide()),
        enrol(1, wide()),
        enrol(2, narrow),
    ]
}

fn command((what, who, place, n): Dice) -> SpaceCommand {
    let (pass, name) = (who as u32 % 3, NAMES[place % 3].to_owned());
    let (scope, mark) = (scope(place), Seq(n));
    let write = |draft: Draft| SpaceCommand::Write {
        pass,
        scope: scope.clone(),
        draft: Arc::new(draft),
        screened: ScreenResult::default(),
    };
    match what % 22 {
        0..=3 => write(Draft::observation(&name, &"seen ".repeat(n as usize % 9))),
        4 => write(Draft::observation(&name, "newer").superseding(mark)),
        5 | 6 => write(Draft::warning(&name, "careful", Some(mark))),
        7 => write(Draft::need("which?", Ratio::HALF)),
        8..=10 => {
            let confidence = Ratio::millionths(n as u32 * 1_000);
            SpaceCommand::Claim { pass, scope, resource: name, action: "edit".to_owned(), confidence }
        }
        11 | 12 => {
            SpaceCommand::Finish { pass, intent: mark, result: Some("done".to_owned()), failed: n % 3 == 0 }
        }
        13 => SpaceCommand::Boundary { scope, resource: name },
        14 => SpaceCommand::Take { pass, intent: mark },
        15 => SpaceCommand::Resolve {
            pass: None,
            need: mark,
            action: None,
            answer: Some("that one".to_owned()),
        },
        16 => SpaceCommand::Collect { grace: n },
        17 => SpaceCommand::Retract { mark, reason: "wrong".to_owned() },
        18 => SpaceCommand::RequireNeed { agent: agent(who), scope: Some(scope) },
        19 => SpaceCommand::Narrow { agent: agent(who), scope: None, kind: MarkKind::ALL[place % 5] },
        20 => SpaceCommand::Spend { agent: agent(who), input: n, output: 1 },
        _ => match n % 4 {
            0 => SpaceCommand::Seed { agent: agent(who), per_hour: [9, 9, 9, 9, n as u32] },
            1 => {
                SpaceCommand::SetBudget { agent: agent(who), budget: crate::TokenBudget::new(Some(40), None) }
            }
            2 => SpaceCommand::RestoreAll { agent: agent(who) },
            _ => SpaceCommand::Probe { agent: agent(who) },
        },
    }
}

fn dice() -> impl Strategy<Value = Vec<Dice>> {
    prop::collection::vec((any::<u8>(), 0..3usize, 0..5usize, 0..60u64), 0..160)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_restored_state_is_the_state_and_goes_on_like_it(
        dice in dice(), takes in prop::collection::vec(0..160usize, 1..4)
    ) {
        let rules = SpaceRules { window: 100, windows_min: 3, ..SpaceRules::default() };
        let mut machine = Machine::new(rules);
        let mut snapshotter = Snapshotter::new(0);
        let (mut parts, mut now) = (vec![], Tick(1));
        let mut restored: Option<Machine> = None;
        let all = setup().into_iter().map(|command| (0, command)).chain(dice.into_iter().map(|d| (d.3 % 7, command(d))));
        for (number, (wait, command)) in all.enumerate() {
            now = now.after(wait);
            let applied: CommandEffect = machine.apply(now, &command);
            if let Some(restored) = &mut restored {
                prop_assert_eq!(&restored.apply(now, &command), &applied);
            }
            if takes.contains(&number) {
                let snapshot = snapshotter.take(&machine).unwrap();
                parts.push(snapshot.part);
                let (state, extent) = restore(&snapshot.head, &parts).unwrap();
                prop_assert_eq!(extent, machine.marks.extent());
                prop_assert!(state == machine, "after entry {}", number);
                restored = Some(state);
            }
        }
        if let Some(restored) = restored {
            prop_assert!(restored == machine, "at the end");
        }
    }

    /// Arbitrary bytes give an error or a state, and never a panic.
    #[test]
    fn bytes_that_are_no_snapshot_are_refused(head in prop::collection::vec(any::<u8>(), 0..200), at in any::<usize>(), flip in 1..=255u8) {
        drop(restore(&head, &[]));
        let mut machine = Machine::new(SpaceRules::default());
        for command in setup().into_iter().chain((0..40).map(|n| command((n as u8, n, n, n as u64)))) {
            machine.apply(Tick(1), &command);
        }
        let Snapshot { mut head, mut part, .. } = Snapshotter::new(0).take(&machine).unwrap();
        let long = head.len() + part.len();
        let at = at % long;
        if at < head.len() { head[at] ^= flip } else { part[at - head.len()] ^= flip }
        if let Ok((state, _)) = restore(&head, &[part]) {
            // The bytes are a valid state, so it can be read and continues to work.
            let mut state = state;
            for n in 0..20 {
                state.apply(Tick(u64::MAX), &command((n as u8, n, n, n as u64)));
            }
        }
    }
}
