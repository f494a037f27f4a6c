//! Judgement of candidates by a model before they are measured, in runs that ask for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::FileSet;
use hyperspace_llm::{Account, ChatRequest};

use crate::error::EvolveError;
use crate::generation::work::GenerationWork;
use crate::models::calls::ModelCalls;
use crate::models::streams::{calls_event, judge_stream};
use crate::offspring::candidate::{Candidate, MeasuredPhase};
use crate::offspring::judgement::{JudgeVerdict, JudgedCandidate, Judgement};
use crate::record::candidate_id::CandidateId;
use crate::record::event::{CandidateJudged, Event};
use crate::record::visibility::VisibleItem;

/// A prepared question about a candidate.
pub(crate) struct JudgeQuestion {
    id: CandidateId,
    calls: Arc<ModelCalls>,
    account: Account,
    request: ChatRequest,
}

/// The ruling on a candidate.
pub(crate) struct JudgeRuling {
    pub(crate) is_rejected: bool,
    /// The call and the answer.
    pub(crate) events: Vec<Event>,
}

impl JudgeQuestion {
    /// Returns the question about a candidate, or `None` in a run without a judge.
    pub(crate) fn of(
        work: &GenerationWork<'_>,
        candidate: &Candidate<MeasuredPhase>,
    ) -> Result<Option<Self>, EvolveError> {
        let context = work.context;
        let judge = context.config.search.as_ref().and_then(|search| search.judge.as_ref());
        let (Some(judge), Some(calls)) = (judge, &work.sources.calls) else { return Ok(None) };
        let members = work.state.populations[candidate.plan.population].archive().members();
        let parent = &members[candidate.plan.choice.member];
        let files: FileSet = work.store.get_files(&parent.tree)?;
        let shows_score = context.config.visibility.train.contains(&VisibleItem::Scores);
        let judged = JudgedCandidate {
            task: &context.task,
            sharing: context.config.sharing,
            score: shows_score.then_some(&parent.score),
            parent: &files,
            proposal: &candidate.phase.accepted.files,
            texts: &context.sanitised,
        };
        let id = candidate.id();
        Ok(Some(Self {
            id,
            account: calls.judge_account(id, candidate.plan.population),
            calls: Arc::clone(calls),
            request: judged.request(judge),
        }))
    }

    /// Asks the question.
    pub(crate) async fn ask(self) -> Result<JudgeRuling, EvolveError> {
        let Self { id, calls, account, request } = self;
        let stream = judge_stream(id);
        let callable = BTreeSet::from([request.model.clone()]);
        let mut session = calls.session(&stream, callable, &account)?;
        let Judgement { verdict, reason } = Judgement::of(&session.chat(request).await?);
        let is_rejected = verdict == JudgeVerdict::Reject;
        let judged = CandidateJudged {
            candidate: id,
            rejected: is_rejected,
            verdict: verdict.name().to_owned(),
            reason,
        };
        let calls = calls_event(id, calls.heads([stream])?);
        Ok(JudgeRuling { is_rejected, events: calls.into_iter().chain([judged.into()]).collect() })
    }
}
