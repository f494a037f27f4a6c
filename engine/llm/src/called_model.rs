//! A model with the state that its calls share.

use std::sync::Arc;

use hyperspace_core::Mutex;
use tokio::sync::Semaphore;

use crate::breaker::Breaker;
use crate::error::ConfigError;
use crate::learned::{Learned, Lesson};
use crate::registry::Model;
use crate::throttle::Throttle;
use crate::time_source::TimeSource;
use crate::transport::Endpoint;

/// Time for which a model of a chain is skipped after it was unavailable, in milliseconds.
const GONE_MS: u64 = 60_000;

/// A model with the state that its calls share.
pub(crate) struct CalledModel {
    /// The model as configured, whose prices and claims apply.
    pub(crate) base: Arc<Model>,
    pub(crate) endpoint: Endpoint,
    pub(crate) breaker: Breaker,
    pub(crate) throttle: Throttle,
    /// Permits for concurrent requests.
    pub(crate) concurrency: Semaphore,
    state: Mutex<CalledState>,
}

struct CalledState {
    /// The model including lessons.
    current: Arc<Model>,
    learned: Learned,
    /// The lessons under which a request was answered.
    proved: Learned,
    /// No request is sent before this time, because the provider asked for that.
    paused_until_ms: u64,
    /// The model is skipped in chains until this time.
    gone_until_ms: u64,
    /// Tokens of requests: the sum of the estimates, followed by the sum of the provider's counts.
    estimated: u64,
    counted: u64,
    answered: bool,
    /// True if it answered a request with tools.
    took_tools: bool,
}

impl CalledModel {
    /// # Errors
    ///
    /// [`ConfigError`] for keys and headers that HTTP cannot carry.
    pub(crate) fn new(base: Model, learned: Learned) -> Result<Self, ConfigError> {
        let learned = learned.beside(&base.set);
        let current = Arc::new(base.clone().with_learned(&learned));
        let state = CalledState {
            current,
            proved: learned.clone(),
            learned,
            paused_until_ms: 0,
            gone_until_ms: 0,
            estimated: 0,
            counted: 0,
            answered: false,
            took_tools: false,
        };
        Ok(Self {
            endpoint: Endpoint::new(&base)?,
            breaker: Breaker::default(),
            throttle: Throttle::new(base.requests_per_minute, base.tokens_per_minute),
            concurrency: Semaphore::new(base.concurrency as usize),
            base: Arc::new(base),
            state: Mutex::new(state),
        })
    }

    /// Returns the model including lessons.
    pub(crate) fn current(&self) -> Arc<Model> {
        Arc::clone(&self.state.lock().current)
    }

    /// Returns the lessons under which a request was answered.
    pub(crate) fn learned(&self) -> Learned {
        self.state.lock().proved.clone()
    }

    /// Marks lessons as proved, if `answered` is the model that has them: a request to it was answered.
    pub(crate) fn prove(&self, answered: &Arc<Model>) {
        let mut state = self.state.lock();
        if Arc::ptr_eq(answered, &state.current) && state.proved != state.learned {
            state.proved = state.learned.clone();
        }
    }

    /// Discards lessons that did not help.
    pub(crate) fn forget_unproved(&self) {
        let mut state = self.state.lock();
        if state.proved != state.learned {
            state.learned = state.proved.clone();
            state.current = Arc::new(Model::clone(&self.base).with_learned(&state.learned));
        }
    }

    /// Adds a lesson. Returns whether it changed anything.
    pub(crate) fn learn(&self, lesson: &Lesson) -> bool {
        let mut state = self.state.lock();
        let news = state.learned.add(lesson);
        if news {
            state.current = Arc::new(Model::clone(&self.base).with_learned(&state.learned));
        }
        news
    }

    /// Prevents all calls from sending before this time.
    pub(crate) fn pause_until(&self, moment_ms: u64) {
        let mut state = self.state.lock();
        state.paused_until_ms = state.paused_until_ms.max(moment_ms);
    }

    /// Waits until requests may be sent, but no longer than `most_ms`.
    pub(crate) async fn pause(&self, clock: &dyn TimeSource, most_ms: u64) {
        let wait = self.state.lock().paused_until_ms.saturating_sub(clock.now_ms());
        if wait > 0 {
            clock.sleep(wait.min(most_ms)).await;
        }
    }

    /// Skips the model in chains for a while.
    pub(crate) fn gone(&self, clock: &dyn TimeSource) {
        self.state.lock().gone_until_ms = clock.now_ms().saturating_add(GONE_MS);
    }

    /// Returns whether the model is being skipped.
    pub(crate) fn is_gone(&self, clock: &dyn TimeSource) -> bool {
        self.state.lock().gone_until_ms > clock.now_ms()
    }

    /// Records that the model answered a call, with tools or without, now or in a recording.
    pub(crate) fn note_answer(&self, tools: bool) {
        let mut state = self.state.lock();
        state.answered = true;
        state.took_tools |= tools;
    }

    /// Returns whether the model has ever answered a call with tools.
    pub(crate) fn took_tools(&self) -> bool {
        self.state.lock().took_tools
    }

    /// Returns whether the model has ever answered a call.
    pub(crate) fn has_answered(&self) -> bool {
        self.state.lock().answered
    }

    /// Records the tokens that the provider counted for a request.
    pub(crate) fn calibrate(&self, estimated: u64, counted: u64) {
        let mut state = self.state.lock();
        state.estimated = state.estimated.saturating_add(estimated);
        state.counted = state.counted.saturating_add(counted);
    }

    /// Returns an estimate of tokens scaled to the provider's count. It never falls below the estimate.
    pub(crate) fn calibrated(&self, tokens: u64) -> u64 {
        let state = self.state.lock();
        let scaled = u128::from(tokens) * u128::from(state.counted) / u128::from(state.estimated.max(1));
        u64::try_from(scaled).unwrap_or(u64::MAX).clamp(tokens, tokens.saturating_mul(4))
    }

    /// Returns the estimate that corresponds to `tokens` tokens of the provider.
    pub(crate) fn uncalibrated(&self, tokens: u64) -> u64 {
        let state = self.state.lock();
        let scaled = u128::from(tokens) * u128::from(state.estimated) / u128::from(state.counted.max(1));
        if state.counted <= state.estimated {
            tokens
        } else {
            u64::try_from(scaled).unwrap_or(tokens).max(tokens / 4)
        }
    }
}
