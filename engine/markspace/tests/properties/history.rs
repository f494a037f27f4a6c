//! Generated histories: any mixture of what agents and time can do to a house with the scopes `a` and `b`.

use hyperspace_markspace::{Capability, ClaimOutcome, Draft, Permit, Ratio, Seq, Strength};
use proptest::prelude::*;

use crate::support::*;

/// One step; small numbers choose among what there is.
#[derive(Debug, Clone)]
pub(crate) enum HistoryStep {
    Observe { agent: usize, place: usize, topic: usize, strength: u32 },
    Warn { agent: usize, place: usize, target: u64 },
    Need { agent: usize, place: usize },
    Replace { agent: usize, place: usize, target: u64 },
    Claim { agent: usize, resource: usize, confidence: u32 },
    Finish { agent: usize, ok: bool },
    Boundary { resource: usize },
    Answer { need: u64 },
    Collect { grace: u64 },
    Wait { ticks: u64 },
}

pub(crate) const PLACES: [&str; 4] = ["a", "a/x", "b", "b/y"];
pub(crate) const NAMES: [&str; 3] = ["r", "s", "t"];

fn step() -> impl Strategy<Value = HistoryStep> {
    let (agent, place, name) = (0..3usize, 0..4usize, 0..3usize);
    prop_oneof![
        4 => (agent.clone(), place.clone(), name.clone(), 1..=1_000u32)
            .prop_map(|(agent, place, topic, strength)| HistoryStep::Observe { agent, place, topic, strength }),
        2 => (agent.clone(), place.clone(), 0..40u64)
            .prop_map(|(agent, place, target)| HistoryStep::Warn { agent, place, target }),
        1 => (agent.clone(), place.clone()).prop_map(|(agent, place)| HistoryStep::Need { agent, place }),
        2 => (agent.clone(), place, 0..40u64)
            .prop_map(|(agent, place, target)| HistoryStep::Replace { agent, place, target }),
        4 => (agent.clone(), name.clone(), 0..=1_000_000u32)
            .prop_map(|(agent, resource, confidence)| HistoryStep::Claim { agent, resource, confidence }),
        3 => (agent, any::<bool>()).prop_map(|(agent, ok)| HistoryStep::Finish { agent, ok }),
        1 => name.prop_map(|resource| HistoryStep::Boundary { resource }),
        1 => (0..40u64).prop_map(|need| HistoryStep::Answer { need }),
        1 => (0..600u64).prop_map(|grace| HistoryStep::Collect { grace }),
        3 => (0..700u64).prop_map(|ticks| HistoryStep::Wait { ticks }),
    ]
}

pub(crate) fn history() -> impl Strategy<Value = Vec<HistoryStep>> {
    prop::collection::vec(step(), 0..60)
}

/// Three agents with everything in `a` and `b`, and what they hold.
pub(crate) struct Cast {
    pub(crate) agents: Vec<Capability>,
    pub(crate) permits: Vec<Vec<Permit>>,
}

impl Cast {
    pub(crate) fn of(house: &House) -> Self {
        let agents = ["ann", "bob", "cid"].map(|name| house.agent(name, &["a", "b"])).to_vec();
        Self { agents, permits: vec![vec![], vec![], vec![]] }
    }

    /// Does a step; whether something was accepted, in words that two runs can be compared by.
    pub(crate) fn play(&mut self, house: &House, step: &HistoryStep) -> String {
        let write = |agent: usize, place: usize, draft: Draft| {
            format!("{:?}", house.space.write_mark(&self.agents[agent], &scope(PLACES[place]), draft))
        };
        match *step {
            HistoryStep::Observe { agent, place, topic, strength } => {
                let strength = Strength::from_units(Strength::ONE.units() / 1_000 * u64::from(strength));
                write(agent, place, Draft::observation(NAMES[topic], "seen").with_strength(strength))
            }
            HistoryStep::Warn { agent, place, target } => {
                write(agent, place, Draft::warning("t", "careful", Some(Seq(target))))
            }
            HistoryStep::Need { agent, place } => write(agent, place, Draft::need("which?", Ratio::HALF)),
            HistoryStep::Replace { agent, place, target } => {
                write(agent, place, Draft::observation("t", "newer").superseding(Seq(target)))
            }
            HistoryStep::Claim { agent, resource, confidence } => {
                let verdict = house.claim(&self.agents[agent], NAMES[resource], confidence);
                let text = format!("{verdict:?}");
                if let ClaimOutcome::Allow(permit) = verdict {
                    self.permits[agent].push(permit);
                }
                text.split(" space:").next().unwrap_or_default().to_owned()
            }
            HistoryStep::Finish { agent, ok } => {
                let Some(permit) = self.permits[agent].pop() else { return String::new() };
                let result = if ok { Ok("done".to_owned()) } else { Err("broke".to_owned()) };
                format!("{:?}", house.space.post_action(&self.agents[agent], permit, result))
            }
            HistoryStep::Boundary { resource } => {
                let verdicts = house.space.resolve_deferred(&house.authority, &scope("a"), NAMES[resource]);
                for (agent, who) in self.agents.iter().enumerate() {
                    for verdict in verdicts.iter().flatten().filter(|v| v.agent == who.agent()) {
                        self.permits[agent].extend(house.space.take_permit(who, verdict.intent));
                    }
                }
                format!("{verdicts:?}")
            }
            HistoryStep::Answer { need } => {
                format!("{:?}", house.space.answer_need(&house.authority, Seq(need), None))
            }
            HistoryStep::Collect { grace } => format!("{:?}", house.space.collect(&house.authority, grace)),
            HistoryStep::Wait { ticks } => {
                house.clock.advance(ticks);
                String::new()
            }
        }
    }

    pub(crate) fn play_all(&mut self, house: &House, steps: &[HistoryStep]) -> Vec<String> {
        steps.iter().map(|step| self.play(house, step)).collect()
    }
}
