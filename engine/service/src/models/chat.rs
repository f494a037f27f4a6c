//! A single call of a model, to try its settings and key.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_llm::{
    Account, BudgetLimits, CallStats, ChatRequest, MemoryCassette, Message, Reply, Session, SessionOptions,
};
use serde::Serialize;

use super::{callable, keep_lessons, options};
use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::error_class;

/// A request to call a model once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChatOnce {
    /// The model.
    pub model: String,
    /// The message.
    pub message: String,
    /// Maximum length of the answer in tokens. Default 1,024.
    pub max_tokens: u64,
    /// Maximum number of attempts, including the first, if the provider fails. Default 3.
    pub attempts: u32,
}

impl ChatOnce {
    /// Returns a request to say `message` to `model`.
    #[must_use]
    pub fn new(model: impl Into<String>, message: impl Into<String>) -> Self {
        Self { model: model.into(), message: message.into(), max_tokens: 1_024, attempts: 3 }
    }

    /// Sets the maximum length of the answer in tokens.
    #[must_use]
    pub fn max_tokens(mut self, max_tokens: u64) -> Self {
        self.max_tokens = max_tokens;
        self
    }

    /// Sets the maximum number of attempts.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }
}

/// The reply of a model: the document of `chat --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChatView {
    /// An answer, or the reason why there is none.
    pub reply: Reply,
    /// Statistics of the call.
    pub stats: CallStats,
}

impl ChatView {
    /// Returns the class of the result: that of the failure, if there is no answer.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        match &self.reply {
            Reply::Answer(_) => None,
            Reply::Failure(failure) => Some(error_class::failure(failure)),
        }
    }
}

impl Engine {
    /// Calls a model once.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the model is unknown or has no key. A failed call is in the view.
    pub async fn chat(&self, request: ChatOnce) -> Result<ChatView, ServiceError> {
        let names = BTreeSet::from([request.model.clone()]);
        let models = callable(self, &names, options(request.attempts)?)?;
        let account = Account::new("this call", BudgetLimits::default());
        let options = SessionOptions::new("chat", names, account);
        let chat = ChatRequest::new(request.model, vec![Message::user(request.message)]);
        let chat = chat.max_tokens(request.max_tokens);
        let mut session = Session::live(&models, options, Arc::new(MemoryCassette::default()))?;
        let reply = session.chat(chat).await?;
        keep_lessons(self, &models);
        Ok(ChatView { reply, stats: models.stats() })
    }

    /// As [`Engine::chat`], on the threads of the engine.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::ChatOnce;
    ///
    /// let view = engine.chat_blocking(ChatOnce::new("gpt-4.1", "hello"))?;
    /// println!("{:?}", view.reply);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::chat`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn chat_blocking(&self, request: ChatOnce) -> Result<ChatView, ServiceError> {
        self.block_on(self.chat(request))?
    }
}
