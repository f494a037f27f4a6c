//! Conversations of a candidate with models.

use hyperspace_core::RecordId;
use hyperspace_evolve::{
    CallStream, CandidateId, Efforts, Event, efforts_name, exchanges, journal_segment, load_record,
};
use hyperspace_llm::{Effort, Exchange, ExchangeOutcome, Message, Spend};
use hyperspace_store::Store;
use serde::Serialize;

use super::recorded_calls::{answered_by, load_efforts};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::CandidateTarget;

/// The conversations of a candidate: the document of `transcript --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TranscriptView {
    /// The hash of the candidate's generation.
    pub generation: RecordId,
    /// The candidate.
    pub candidate: CandidateId,
    /// Its conversations, in the order of the journal: those of its meta agents, then those of its evaluations.
    pub conversations: Vec<ConversationView>,
    /// Spend on all of them.
    pub spent: Spend,
}

/// A stream of calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConversationView {
    /// The name of the stream, such as `generation/1/candidate/0/meta/0`.
    pub stream: String,
    /// Its calls, in order.
    pub calls: Vec<CallView>,
}

/// One call of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallView {
    /// The model that answered, or that was called.
    pub model: String,
    /// Messages of the request that the previous call did not have, without that call's own answer.
    pub said: Vec<Message>,
    /// Total number of messages in the request.
    pub messages: usize,
    /// The answer, or the reason why there is none.
    pub outcome: ExchangeOutcome,
    /// The model's thinking, if the provider shows it.
    pub thinking: Option<String>,
    /// The effort: attempts, faults, tokens and money.
    pub effort: Effort,
}

impl Engine {
    /// Reads the conversations of candidate `HASH:K` or `RUN:G:K`, or of the best candidate at the end of generation or run
    /// `HASH`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for conversation in engine.transcript("93a65b65cd0b:0")?.conversations {
    ///     println!("{}: {} calls", conversation.stream, conversation.calls.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such candidate, `Damage` when the store is damaged.
    pub fn transcript(&self, hash: &str) -> Result<TranscriptView, ServiceError> {
        let store = self.reader()?;
        let target = CandidateTarget::resolve(&store, hash)?;
        let record = load_record(&store, &target.generation)?;
        let efforts = efforts(&store, &record.run, record.generation)?;
        let mut conversations = Vec::new();
        for entry in journal_segment(&store, &record.run, record.journal)? {
            let Event::ModelCalls(calls) = entry.event else { continue };
            if calls.candidate != target.place {
                continue;
            }
            for stream in &calls.streams {
                conversations.push(conversation(&store, stream, &efforts)?);
            }
        }
        let calls = conversations.iter().flat_map(|one| &one.calls);
        let spent = calls.fold(Spend::default(), |sum, call| sum.plus(call.effort.spent));
        Ok(TranscriptView { generation: target.generation, candidate: target.place, conversations, spent })
    }
}

/// Reads the efforts of the calls of a generation. A generation without calls has none.
fn efforts(store: &Store, run: &RecordId, generation: u64) -> Result<Efforts, ServiceError> {
    let Some(id) = store.get_ref(run, &efforts_name(&format!("{generation:08}")))? else {
        return Ok(Efforts::default());
    };
    load_efforts(store, &id)
}

fn conversation(
    store: &Store,
    stream: &CallStream,
    efforts: &Efforts,
) -> Result<ConversationView, ServiceError> {
    let efforts = efforts.streams.get(&stream.stream);
    let mut calls: Vec<CallView> = Vec::new();
    let mut before: Vec<Message> = Vec::new();
    for (index, exchange) in exchanges(store, stream)?.into_iter().enumerate() {
        let effort = efforts.and_then(|all| all.get(index)).cloned().unwrap_or_default();
        let model = answered_by(&exchange);
        let Exchange { request, outcome, thinking, .. } = exchange;
        let mut known = before.iter().zip(&request.messages).take_while(|(one, other)| one == other).count();
        // A guest may repeat the answer in its own words, but it was already shown.
        let repeated =
            request.messages.get(known).is_some_and(|next| matches!(next, Message::Assistant { .. }));
        known += usize::from(known > 0 && known == before.len() && repeated);
        let said = request.messages[known..].to_vec();
        let messages = request.messages.len();
        before = request.messages;
        calls.push(CallView { model, said, messages, outcome, thinking, effort });
    }
    Ok(ConversationView { stream: stream.stream.clone(), calls })
}
