//! Model calls of a run.
//!
//! Each guest calls models in its own streams ([`streams`]). While a generation runs, its exchanges are kept in a cassette, and
//! an exchange in the cassette is not requested again ([`source`]). When the generation is committed, they become records of the
//! store, which the journal names by the heads of their streams ([`stored`]). A replay is answered from the store alone.

pub(crate) mod accounts;
pub(crate) mod answered;
pub(crate) mod calls;
pub(crate) mod source;
pub(crate) mod stored;
pub(crate) mod streams;
