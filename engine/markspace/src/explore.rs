//! The concurrency core, explored exhaustively: every interleaving of three agents on one resource.
//!
//! A state is the machine together with what each agent has done so far. Steps are an agent's possible next actions (claim,
//! finish, give up a permit, fetch what a boundary granted), a boundary, and the expiry of a claim. All states within the
//! bounds are visited by a depth-first search over clones of the *real* state machine.

use std::collections::BTreeSet;

use crate::capability::Grant;
use crate::define::{ConflictPolicy, Decay, ScopeDef};
use crate::machine::Machine;
use crate::model::Body;
use crate::outcome::{ClaimRuling, CommandOutcome};
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::strength::Ratio;
use crate::time::Tick;
use crate::{CapabilitySpec, SpaceRules, command::SpaceCommand};
use hyperspace_core::{MarkKind, ScopeName};

const AGENTS: usize = 3;
const TTL: u64 = 10;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum AgentPhase {
    Idle,
    Pending(Seq),
    Running(Seq),
    Done,
}

#[derive(Clone)]
struct ExploredState {
    machine: Machine,
    phases: [AgentPhase; AGENTS],
    claims_left: [u8; AGENTS],
    waits_left: u8,
    now: Tick,
}

#[derive(Clone, Copy, Debug)]
enum ExploreStep {
    Claim(usize),
    Finish(usize, bool),
    Drop(usize),
    Take(usize),
    Boundary,
    Wait,
}

fn scope() -> ScopeName {
    ScopeName::new("a").unwrap()
}

impl ExploredState {
    fn new(policy: ConflictPolicy, deferred: bool, claims: u8, waits: u8) -> Self {
        let rules = SpaceRules { windows_min: u32::MAX, ..SpaceRules::default() };
        let mut machine = Machine::new(rules);
        let decay = Decay { intent_ttl: TTL, ..Decay::default() };
        let def = ScopeDef::new(scope()).conflicts(policy, deferred).decaying(decay);
        machine.apply(Tick(0), &SpaceCommand::Define(def)).outcome.unwrap();
        for agent in 0..AGENTS {
            let grants = vec![Grant { scope: scope(), kinds: MarkKind::ALL.to_vec() }];
            let command =
                SpaceCommand::Enrol { agent: format!("n{agent}"), charter: CapabilitySpec::new(grants) };
            machine.apply(Tick(0), &command).outcome.unwrap();
        }
        Self {
            machine,
            phases: [AgentPhase::Idle; 3],
            claims_left: [claims; 3],
            waits_left: waits,
            now: Tick(0),
        }
    }

    fn steps(&self, deferred: bool) -> Vec<ExploreStep> {
        let mut steps = vec![];
        for agent in 0..AGENTS {
            match self.phases[agent] {
                AgentPhase::Running(_) => {
                    steps.extend([
                        ExploreStep::Finish(agent, true),
                        ExploreStep::Finish(agent, false),
                        ExploreStep::Drop(agent),
                    ]);
                }
                AgentPhase::Idle | AgentPhase::Pending(_) if self.claims_left[agent] > 0 => {
                    steps.push(ExploreStep::Claim(agent))
                }
                _ => {}
            }
            if deferred && matches!(self.phases[agent], AgentPhase::Pending(_)) {
                steps.push(ExploreStep::Take(agent));
            }
        }
        if deferred {
            steps.push(ExploreStep::Boundary);
        }
        if self.waits_left > 0 {
            steps.push(ExploreStep::Wait);
        }
        steps
    }

    fn take(&mut self, step: ExploreStep) {
        let now = self.now;
        match step {
            ExploreStep::Claim(agent) => {
                self.claims_left[agent] -= 1;
                let ruling = self.claim(agent);
                self.phases[agent] = match ruling {
                    ClaimRuling::Allow { intent } => AgentPhase::Running(intent),
                    ClaimRuling::Blocked { intent, .. }
                    | ClaimRuling::Conflict { intent: Some(intent), .. } => AgentPhase::Pending(intent),
                    ClaimRuling::Conflict { .. } => AgentPhase::Idle,
                    ClaimRuling::Denied(refusal) => panic!("{refusal}"),
                };
            }
            ExploreStep::Finish(agent, ok) => {
                let AgentPhase::Running(intent) = self.phases[agent] else { unreachable!() };
                let held = self.machine.holder(&scope(), "r", now);
                let command = SpaceCommand::Finish { pass: agent as u32, intent, result: None, failed: !ok };
                let result = self.machine.apply(now, &command).outcome;
                if held == Some(intent) {
                    assert!(result.is_ok(), "a lost claim: {result:?}");
                }
                if held.is_some_and(|held| held != intent) {
                    assert!(matches!(result, Err(Refusal::NoClaim { .. })), "a double winner: {result:?}");
                }
                self.phases[agent] = if ok && result.is_ok() { AgentPhase::Done } else { AgentPhase::Idle };
            }
            ExploreStep::Drop(agent) => self.phases[agent] = AgentPhase::Idle,
            ExploreStep::Take(agent) => {
                let AgentPhase::Pending(intent) = self.phases[agent] else { unreachable!() };
                if self.machine.apply(now, &SpaceCommand::Take { pass: agent as u32, intent }).outcome.is_ok()
                {
                    self.phases[agent] = AgentPhase::Running(intent);
                }
            }
            ExploreStep::Boundary => {
                let before = self.machine.holder(&scope(), "r", now);
                let command = SpaceCommand::Boundary { scope: scope(), resource: "r".into() };
                let Ok(CommandOutcome::Boundary(rulings)) = self.machine.apply(now, &command).outcome else {
                    panic!()
                };
                let allowed =
                    rulings.iter().filter(|r| matches!(r.ruling, ClaimRuling::Allow { .. })).count();
                assert!(allowed <= usize::from(before.is_none()), "a boundary allowed {allowed}");
            }
            ExploreStep::Wait => {
                self.waits_left -= 1;
                self.now = now.after(TTL + 1);
            }
        }
    }

    fn claim(&mut self, agent: usize) -> ClaimRuling {
        let confidence = Ratio::millionths([300_000, 900_000, 900_000][agent]);
        let (resource, action) = ("r".into(), "edit".into());
        let command =
            SpaceCommand::Claim { pass: agent as u32, scope: scope(), resource, action, confidence };
        match self.machine.apply(self.now, &command).outcome {
            Ok(CommandOutcome::Ruled(ruling)) => ruling,
            other => panic!("{other:?}"),
        }
    }

    /// Checks the invariants of every state.
    fn check(&self, policy: ConflictPolicy, deferred: bool) {
        let held = self.machine.holder(&scope(), "r", self.now);
        // No two running agents both hold a live claim.
        let running =
            self.phases.iter().filter(|p| matches!(p, AgentPhase::Running(i) if Some(*i) == held)).count();
        assert!(running <= 1);
        // No agent records an action for a claim whose permit was not handed out.
        for (agent, phase) in self.phases.iter().enumerate() {
            if let AgentPhase::Pending(intent) = *phase {
                let command =
                    SpaceCommand::Finish { pass: agent as u32, intent, result: None, failed: false };
                assert!(
                    self.machine.clone().apply(self.now, &command).outcome.is_err(),
                    "{intent} had no permit"
                );
            }
        }
        // At most one agent has acted.
        let actions = self.machine.marks.bucket(0, MarkKind::Action, "r").iter().filter_map(|&seq| {
            let slot = self.machine.marks.slot(seq)?;
            let ok = matches!(slot.draft.as_ref()?.body, Body::Action { failed: false, .. });
            (ok && !slot.superseded).then_some(slot.author)
        });
        let authors: BTreeSet<u32> = actions.collect();
        assert!(authors.len() <= 1, "two winners: {authors:?}");
        // No deadlock: once everything in the way has faded, an agent can continue, unless another has acted for good.
        let mut later = self.clone();
        later.now = self.now.after(TTL + 1);
        for agent in 0..AGENTS {
            let mut alone = later.clone();
            let mut ruling = alone.claim(agent);
            if deferred && matches!(ruling, ClaimRuling::Blocked { .. }) {
                let command = SpaceCommand::Boundary { scope: scope(), resource: "r".into() };
                if let Ok(CommandOutcome::Boundary(mut rulings)) =
                    alone.machine.apply(alone.now, &command).outcome
                {
                    ruling = rulings.pop().expect("the claim was there").ruling;
                }
            }
            let free = authors.iter().all(|&author| author == agent as u32 + 1);
            assert_eq!(matches!(ruling, ClaimRuling::Allow { .. }), free, "{policy:?}: {ruling:?}");
        }
    }
}

/// Visits all states and returns their number.
fn explore(policy: ConflictPolicy, deferred: bool, claims: u8, waits: u8) -> usize {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![ExploredState::new(policy, deferred, claims, waits)];
    while let Some(world) = open.pop() {
        // States are distinguished by claims, intents, actions and phases, with numbers as they were assigned.
        let intents = world.machine.marks.bucket(0, MarkKind::Intent, "r").len();
        let key = format!(
            "{:?} {:?} {} {:?} {:?} {intents} {}",
            world.phases,
            world.claims_left,
            world.waits_left,
            world.now,
            world.machine.contests,
            world.machine.marks.len()
        );
        if !seen.insert(key) {
            continue;
        }
        world.check(policy, deferred);
        for step in world.steps(deferred) {
            let mut next = world.clone();
            next.take(step);
            open.push(next);
        }
    }
    seen.len()
}

#[test]
fn no_interleaving_of_three_agents_has_two_winners_a_lost_claim_or_a_deadlock() {
    for policy in [ConflictPolicy::FirstWriter, ConflictPolicy::HighestConfidence, ConflictPolicy::YieldAll] {
        let (at_once, deferred) = (explore(policy, false, 2, 1), explore(policy, true, 1, 1));
        println!("{policy:?}: {at_once} states at once, {deferred} deferred");
        assert!(at_once > 1_000 && deferred > 300, "{at_once} {deferred}");
    }
}
