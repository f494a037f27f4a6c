//! Names and capabilities that the tests of stored spaces share.

use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_markspace::{CapabilitySpec, Grant, TrustSource};

pub(crate) fn scope(name: &str) -> ScopeName {
    ScopeName::new(name).unwrap()
}

pub(crate) fn charter(scopes: &[&str]) -> CapabilitySpec {
    let grants =
        scopes.iter().map(|name| Grant { scope: scope(name), kinds: MarkKind::ALL.to_vec() }).collect();
    CapabilitySpec::new(grants).trusted(TrustSource::Fleet)
}
