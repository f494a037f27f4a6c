//! Needs: answered by the principal, or by the action of an agent that has authority; summarized per scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agents::AgentPass;
use crate::machine::Machine;
use crate::marks::Resolution;
use crate::model::{Body, Draft, Mark};
use crate::read::Sight;
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::source::Severity;
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// The open needs of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedCluster {
    /// The scope.
    pub scope: ScopeName,
    /// The highest priority plus a tenth of the natural logarithm of the number of needs, in millionths, without a cap.
    pub priority: u64,
    /// The number of blocking needs.
    pub blocking: usize,
    /// All needs, oldest first; projected if the reader may not see their content.
    pub needs: Vec<Mark>,
}

/// Returns the natural logarithm in millionths, at most two too low, using integers only.
fn ln_millionths(n: u64) -> u64 {
    let whole = u64::from(n.max(1).ilog2());
    let mut x = (u128::from(n.max(1)) << 40) >> whole;
    let mut bits = 0u64;
    for _ in 0..30 {
        x = (x * x) >> 40;
        bits <<= 1;
        if x >= 2 << 40 {
            bits |= 1;
            x >>= 1;
        }
    }
    let log2 = u128::from(whole << 30 | bits);
    ((log2 * 693_147_180_560) >> 30) as u64 / 1_000_000
}

impl Machine {
    pub(crate) fn resolve(
        &mut self,
        pass: Option<u32>,
        need: Seq,
        action: Option<Seq>,
        answer: Option<String>,
    ) -> Result<(), Refusal> {
        crate::model::text("answer", answer.as_deref())?;
        let mut by = 0;
        if let Some(pass) = pass {
            let pass_ix = pass;
            let pass = self.agents.pass(pass_ix)?;
            by = pass.agent;
            let (_, scope, _) = self.live("need", need)?;
            self.authorise(pass_ix, scope, &[MarkKind::Action])?;
            if action.is_none() {
                let problem = "an agent resolves a need by an action; it names none".to_owned();
                return Err(Refusal::Field { field: "action".into(), problem });
            }
            self.check_barrier(by, scope, &[MarkKind::Action])?;
            self.check_restricted(by)?;
        }
        let (_, _, body) = self.live("need", need)?;
        if body.kind() != MarkKind::Need {
            return Err(Refusal::NotLive { field: "need", mark: need, state: "not a need" });
        }
        if let Some(action) = action {
            let (author, _, body) = self.live("action", action)?;
            match body {
                Body::Action { failed: false, .. } if by == 0 || author == by => {}
                Body::Action { failed: false, .. } => {
                    let agent = self.agents.name(by).to_owned();
                    return Err(Refusal::ForeignMark { field: "action", mark: action, agent });
                }
                _ => {
                    return Err(Refusal::NotLive {
                        field: "action",
                        mark: action,
                        state: "no action that succeeded",
                    });
                }
            }
        }
        self.marks.resolve(need, Resolution { action, answer, by });
        Ok(())
    }

    /// Returns the answer to a need, for its author and for readers who may see the scope's content.
    pub(crate) fn answer(&self, reader: &AgentPass, author: Option<u32>, need: Seq) -> Option<String> {
        let slot = self.marks.slot(need)?;
        let place = self.scopes.place(slot.scope);
        let full = self.sees(Some(reader), &place.name, place.def.visibility) == Sight::Full;
        let may = full || author == Some(slot.author);
        self.marks.resolution(need).filter(|_| may)?.answer.clone()
    }

    /// Retracts any mark and leaves a warning in its place; for the principal.
    pub(crate) fn retract(&mut self, mark: Seq, reason: &str) -> Result<Seq, Refusal> {
        crate::model::text("reason", Some(reason))?;
        let (_, scope, _) = self.live("mark", mark)?;
        let scope = scope.clone();
        let body = Body::Warning {
            topic: "retracted".to_owned(),
            reason: reason.to_owned(),
            severity: Severity::Info,
            invalidates: None,
        };
        let place = self.scopes.intern(&scope)?;
        let draft = Draft::new(body).superseding(mark);
        Ok(self.marks.push(0, place, self.now, Arc::new(draft)))
    }

    /// Returns the open needs in a scope and all scopes inside it, grouped by scope, the most urgent first.
    pub(crate) fn needs(
        &self,
        reader: Option<&AgentPass>,
        scope: Option<&ScopeName>,
        now: Tick,
    ) -> Vec<NeedCluster> {
        let mut clusters: BTreeMap<ScopeName, NeedCluster> = BTreeMap::new();
        for seq in self.marks.open_needs() {
            let Some(slot) = self.marks.slot(seq) else { continue };
            let place = self.scopes.place(slot.scope);
            let wanted = scope.is_none_or(|scope| scope.contains(&place.name));
            if !wanted || self.sees(reader, &place.name, place.def.visibility) == Sight::Nothing {
                continue;
            }
            let Some(view) = self.get(reader, seq, now) else { continue };
            let Body::Need { priority, blocking, .. } = view.mark.body() else { continue };
            let name = ScopeName::clone(&place.name);
            let cluster = clusters.entry(name.clone()).or_insert_with(|| NeedCluster {
                scope: name,
                priority: 0,
                blocking: 0,
                needs: vec![],
            });
            cluster.priority = cluster.priority.max(u64::from(priority.as_millionths()));
            cluster.blocking += usize::from(*blocking);
            cluster.needs.push(view.mark);
        }
        let mut clusters: Vec<NeedCluster> = clusters.into_values().collect();
        for cluster in &mut clusters {
            cluster.priority += ln_millionths(cluster.needs.len() as u64) / 10;
        }
        clusters.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.scope.cmp(&b.scope)));
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::ln_millionths;

    #[test]
    fn the_logarithm_is_one() {
        for n in [1u64, 2, 3, 7, 10, 1_000, u64::MAX] {
            let (ours, exact) = (ln_millionths(n) as f64 / 1e6, (n as f64).ln());
            assert!((ours - exact).abs() < 3e-6, "{n}: {ours} {exact}");
        }
    }
}
