//! Live events of calls for an observer. They are not recorded.

use std::sync::Arc;

use hyperspace_core::Mutex;
use serde::Serialize;

use crate::fault::FaultKind;

/// An event of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ModelEvent {
    /// A call waits before it is sent again.
    Waiting {
        /// The model.
        model: String,
        /// The wait in milliseconds.
        wait_ms: u64,
        /// The fault because of which it waits.
        fault: FaultKind,
        /// The provider's words.
        reason: String,
    },
    /// A request was refused, and is sent in another form from now on.
    Adapted {
        /// The model.
        model: String,
        /// The setting with the same effect.
        setting: String,
        /// The provider's words.
        reason: String,
    },
    /// A model is unavailable, and the next one of its chain is called.
    Switched {
        /// The unavailable model.
        model: String,
        /// The next one.
        to: String,
        /// The reason.
        reason: String,
    },
}

/// Receives the events of calls. It should return quickly.
pub type ModelObserver = Arc<dyn Fn(ModelEvent) + Send + Sync>;

/// The observer of a client, if there is one.
#[derive(Default)]
pub(crate) struct ModelEvents(Mutex<Option<ModelObserver>>);

impl ModelEvents {
    pub(crate) fn observe(&self, observer: ModelObserver) {
        *self.0.lock() = Some(observer);
    }

    pub(crate) fn emit(&self, event: impl FnOnce() -> ModelEvent) {
        let observer = self.0.lock().clone();
        if let Some(observer) = observer {
            observer(event());
        }
    }
}
