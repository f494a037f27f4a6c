//! A benchmark of transfer: given a peer's better program below `strategies/`, does a model look, adopt, adapt, improve, and
//! truly say what it did?
//!
//! Tasks are generated with a known ground truth ([`task`]), so that the rows that a reader's program answers, and the calls of
//! its conversation, reveal what the reader did; its own words are compared with that ([`facts`]). Each trial is an ordinary run
//! of two populations, recorded and replayable ([`trials`]), so an interrupted benchmark continues where it was. Scripted
//! controls of known behaviour ([`controls`]) show whether the measure tells them apart. A record of kind `transfer` names the
//! runs; its hash names the benchmark.

mod controls;
mod facts;
mod record;
mod request;
mod task;
mod trials;
mod view;

use hyperspace_store::ResolveError;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::kinds::TRANSFER_KIND;

pub use self::request::TransferRequest;
pub use self::view::{ShareView, TransferPairView, TransferProgress, TransferTrialView, TransferView};

impl Engine {
    /// Measures transfer, or the missing part of it, and returns its report. `tell` receives every trial that has ended.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::TransferRequest;
    ///
    /// let request = TransferRequest::new(vec!["gpt-4.1".to_owned()]);
    /// let view = engine.measure_transfer_blocking(&request, |one| println!("{}/{}", one.done, one.all))?;
    /// println!("{:?}", view.pairs[0].adopted.share);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error that stops one of the runs. Committed generations stay, and the same request continues.
    pub async fn measure_transfer(
        &self,
        request: &TransferRequest,
        tell: impl Fn(TransferProgress) + Send + Sync,
    ) -> Result<TransferView, ServiceError> {
        request.check()?;
        let store = self.writer_or_new("transfer")?;
        let record = trials::run(self, &store, request, tell).await?;
        let id = record.put(&store)?;
        view::report(&store, id, &record)
    }

    /// As [`Engine::measure_transfer`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::measure_transfer`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn measure_transfer_blocking(
        &self,
        request: &TransferRequest,
        tell: impl Fn(TransferProgress) + Send + Sync,
    ) -> Result<TransferView, ServiceError> {
        self.block_on(self.measure_transfer(request, tell))?
    }

    /// Returns the report of a stored benchmark, given by its hash or the beginning of it.
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such benchmark, `Damage` when the store is damaged.
    pub fn transfer_report(&self, hash: &str) -> Result<TransferView, ServiceError> {
        let store = self.reader()?;
        let id = match store.resolve(TRANSFER_KIND, hash) {
            Err(ResolveError::Unknown { .. } | ResolveError::Malformed { .. }) => {
                let message = format!("no transfer benchmark begins with {hash}");
                return Err(ServiceError::with_hint(message, "give the hash that its report names"));
            }
            found => found?,
        };
        view::report(&store, id, &record::TransferRecord::load(&store, &id)?)
    }
}
