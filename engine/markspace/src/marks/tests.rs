//! Tests of what no read shows: collected marks leave nothing behind in the indices.

use super::super::define::ScopeDef;
use super::*;
use hyperspace_core::ScopeName;

#[test]
fn what_is_collected_is_in_no_index() {
    let (name, mut scopes, mut marks) = (ScopeName::new("a").unwrap(), Scopes::new(), MarkTable::default());
    scopes.define(&ScopeDef::new(name.clone())).unwrap();
    let place = scopes.intern(&name).unwrap();
    let mut push = |draft: Draft| marks.push(1, place, Tick(0), Arc::new(draft));
    let target = push(Draft::observation("t", "c"));
    let strong = push(Draft::warning("w", "r", Some(target)));
    let weak = push(Draft::warning("w", "r", Some(target)).with_strength(Strength::ZERO));
    let need = push(Draft::need("q", Default::default()).with_strength(Strength::ZERO));
    assert_eq!(marks.invalidated_by[&target], [strong, weak]);
    assert_eq!(marks.open_needs().collect::<Vec<_>>(), [need]);
    assert_eq!(marks.collect(&scopes, Tick(0), 0), 2);
    assert_eq!(marks.invalidated_by[&target], [strong]);
    assert_eq!(marks.open_needs().count(), 0);
    assert_eq!(marks.bucket(place, MarkKind::Warning, "w"), [strong]);
    let late = Tick(u64::MAX);
    assert_eq!(marks.collect(&scopes, late, 0), 2);
    assert!(marks.invalidated_by.is_empty() && marks.bucket(place, MarkKind::Observation, "t").is_empty());
    assert_eq!((marks.len(), marks.live_of(1)), (4, 0));
}
