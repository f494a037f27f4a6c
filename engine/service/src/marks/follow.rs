//! Marks as they become durable.

use hyperspace_markspace::{Listing, Seq};
use hyperspace_store::SpaceReader;

use super::list::{MarkQuery, MarkRow};
use super::space::SpaceRef;
use crate::engine::Engine;
use crate::error::ServiceError;

/// Follows a space that another process may be writing.
#[derive(Debug)]
pub struct MarkFollower {
    reader: SpaceReader,
    listing: Listing,
    next: Seq,
}

impl MarkFollower {
    /// Returns the marks that have become durable since the last call, oldest first; the first call returns all marks.
    ///
    /// # Errors
    ///
    /// An error of the store.
    pub fn poll(&mut self) -> Result<Vec<MarkRow>, ServiceError> {
        let end = self.reader.refresh()?;
        let views = self.reader.since(&self.listing, self.next);
        let views = views.map_err(|refusal| ServiceError::request(refusal.to_string()))?;
        self.next = end;
        Ok(views.iter().map(MarkRow::of).collect())
    }
}

impl Engine {
    /// Follows the marks of a space. The limit of the query has no effect.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::{MarkQuery, SpaceRef};
    ///
    /// let mut follower = engine.follow_marks(&SpaceRef::new(), &MarkQuery::new())?;
    /// println!("{} marks so far", follower.poll()?.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::marks`].
    pub fn follow_marks(&self, space: &SpaceRef, query: &MarkQuery) -> Result<MarkFollower, ServiceError> {
        let (listing, open) = (query.listing()?, space.open(self)?);
        Ok(MarkFollower { reader: open.reader, listing, next: Seq(0) })
    }
}
