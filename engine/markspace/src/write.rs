//! Writing observations, warnings and needs: the chain of checks, in the order of [`GuardCheck::WRITE`](crate::GuardCheck::WRITE).

use std::sync::Arc;

use crate::agents::AgentPass;
use crate::command::ScreenResult;
use crate::machine::Machine;
use crate::marks::{AgentIx, MarkLookup};
use crate::model::{Body, Draft};
use crate::refusal::Refusal;
use crate::seq::Seq;
use hyperspace_core::{MarkKind, ScopeName};

/// Topic of the engine's remarks on content.
pub const TOPIC_CONTENT: &str = "content-policy-flag";

impl Machine {
    pub(crate) fn write(
        &mut self,
        pass: u32,
        scope: &ScopeName,
        draft: Arc<Draft>,
        screened: &ScreenResult,
    ) -> Result<Seq, Refusal> {
        let agent = self.check_write(pass, scope, &draft)?;
        let kind = draft.body.kind();
        let place = self.count(agent, scope, kind)?;
        if let ScreenResult::Rejected(policy, reason) = screened {
            return Err(Refusal::Policy { policy: policy.clone(), reason: reason.clone() });
        }
        let topic = (kind == MarkKind::Observation).then(|| draft.body.subject().to_owned());
        let seq = self.marks.push(agent, place, self.now, draft);
        if let Some(topic) = topic {
            self.remark_on_topic(agent, place, &topic);
        }
        if let ScreenResult::Flagged(remarks) = screened {
            let lines: Vec<String> = remarks.iter().map(|(policy, why)| format!("{policy}: {why}")).collect();
            self.remark(TOPIC_CONTENT, &format!("mark {seq}: {}", lines.join("; ")));
        }
        Ok(seq)
    }

    /// Makes the checks that precede the counting ones, without side effects.
    pub(crate) fn check_write(
        &self,
        pass: u32,
        scope: &ScopeName,
        draft: &Draft,
    ) -> Result<AgentIx, Refusal> {
        let kind = draft.body.kind();
        if matches!(kind, MarkKind::Intent | MarkKind::Action) {
            return Err(Refusal::Door { kind });
        }
        let pass = self.authorise(pass, scope, &[kind])?;
        draft.validate()?;
        self.check_vocabulary(scope, &draft.body)?;
        if let Body::Observation { source, .. } = &draft.body
            && *source > pass.charter.source_max
        {
            return Err(Refusal::Source { source_claimed: *source, ceiling: pass.charter.source_max });
        }
        self.check_references(pass, draft)?;
        let replaces_own = draft.supersedes.and_then(|s| self.marks.slot(s));
        if replaces_own.is_none_or(|slot| slot.author != pass.agent) {
            self.check_quota(pass)?;
        }
        self.check_barrier(pass.agent, scope, &[kind])?;
        Ok(pass.agent)
    }

    fn check_vocabulary(&self, scope: &ScopeName, body: &Body) -> Result<(), Refusal> {
        let def = self.scopes.resolve(scope)?;
        let (names, topic) = match body {
            Body::Observation { topic, .. } => (&def.observation_topics, topic),
            Body::Warning { topic, .. } => (&def.warning_topics, topic),
            _ => return Ok(()),
        };
        if names.allows(topic) {
            return Ok(());
        }
        Err(Refusal::Vocabulary { field: "topic", value: topic.clone(), scope: scope.to_string() })
    }

    /// Checks that the marks a draft refers to are live, and that the agent has authority over them.
    ///
    /// An agent may replace its own marks by a mark of the same kind, and observations of others in scopes where it may leave
    /// observations. Warnings, needs, intents and actions of others cannot be replaced. A warning may weaken its author's own
    /// marks, and those of others in scopes where the author may leave warnings.
    fn check_references(&self, pass: &AgentPass, draft: &Draft) -> Result<(), Refusal> {
        if let Some(target) = draft.supersedes {
            let (author, scope, body) = self.live("supersedes", target)?;
            let kind = body.kind();
            let same = kind == draft.body.kind();
            let own = author == pass.agent;
            let shared = kind == MarkKind::Observation && pass.allows(scope, kind);
            if !same || !(own || shared) {
                return Err(self.foreign("supersedes", target, pass));
            }
            // The authority must still cover the place of the mark, whether it is the agent's own or not.
            if !pass.allows(scope, kind) {
                return Err(self.foreign("supersedes", target, pass));
            }
        }
        if let Body::Warning { invalidates: Some(target), .. } = draft.body {
            let (author, scope, _) = self.live("invalidates", target)?;
            if author != pass.agent && !pass.allows(scope, MarkKind::Warning) {
                return Err(self.foreign("invalidates", target, pass));
            }
        }
        Ok(())
    }

    pub(crate) fn live(
        &self,
        field: &'static str,
        mark: Seq,
    ) -> Result<(AgentIx, &ScopeName, &Body), Refusal> {
        match self.marks.find(&self.scopes, mark, self.now) {
            MarkLookup::Live(slot, draft) => {
                Ok((slot.author, &self.scopes.place(slot.scope).name, &draft.body))
            }
            MarkLookup::Dead(state) => Err(Refusal::NotLive { field, mark, state }),
            MarkLookup::Never => Err(Refusal::UnknownMark { field, mark }),
        }
    }

    fn foreign(&self, field: &'static str, mark: Seq, pass: &AgentPass) -> Refusal {
        Refusal::ForeignMark { field, mark, agent: self.agents.name(pass.agent).to_owned() }
    }
}
