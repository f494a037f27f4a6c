//! A fixture that all tests of the mark space share: a principal, a clock and scopes.

use std::sync::Arc;

use hyperspace_markspace::{
    Authority, Capability, CapabilitySpec, ClaimOutcome, ConflictPolicy, Decay, Draft, Grant, LogicalClock,
    MarkKind, MarkSpace, MemorySink, Query, Ratio, ScopeDef, ScopeName, ScopeVisibility, Seq, SpaceRules,
    TelemetryEvent, Tick, TrustSource,
};

pub(crate) const HALF_LIFE: u64 = 1_000;
pub(crate) const TTL: u64 = 500;

pub(crate) fn scope(name: &str) -> ScopeName {
    ScopeName::new(name).unwrap()
}

pub(crate) fn decay() -> Decay {
    Decay { observation_half_life: HALF_LIFE, warning_half_life: HALF_LIFE / 2, intent_ttl: TTL }
}

pub(crate) struct House {
    pub(crate) authority: Authority,
    pub(crate) clock: Arc<LogicalClock>,
    pub(crate) space: MarkSpace,
    pub(crate) sink: MemorySink,
}

/// Returns rules with short windows, so that histories of a few hundred ticks have many of them.
pub(crate) fn rules() -> SpaceRules {
    SpaceRules { window: 100, ..SpaceRules::default() }
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(rules())
    }

    pub(crate) fn with(rules: SpaceRules) -> Self {
        let authority = Authority::new();
        let clock = Arc::new(LogicalClock::at(Tick(1_000)));
        let mut space = MarkSpace::recorded(&authority, clock.clone(), rules);
        let sink = MemorySink::default();
        space.add_sink(Box::new(sink.clone()));
        Self { authority, clock, space, sink }
    }

    /// Returns a house with scope `a` under this policy, and `b` beside it.
    pub(crate) fn contest(policy: ConflictPolicy, deferred: bool) -> Self {
        let house = Self::new();
        house.define(ScopeDef::new(scope("a")).conflicts(policy, deferred).decaying(decay()));
        house.define(ScopeDef::new(scope("b")).decaying(decay()));
        house
    }

    /// Returns the same, in which nobody is ever judged by its past.
    pub(crate) fn calm(policy: ConflictPolicy, deferred: bool) -> Self {
        let house = Self::with(SpaceRules { windows_min: u32::MAX, ..rules() });
        house.define(ScopeDef::new(scope("a")).conflicts(policy, deferred).decaying(decay()));
        house.define(ScopeDef::new(scope("b")).decaying(decay()));
        house
    }

    /// Returns a house with scopes `a` (open), `p` (protected) and `c` (classified).
    pub(crate) fn sights() -> Self {
        let house = Self::new();
        for (name, visibility) in [
            ("a", ScopeVisibility::Open),
            ("p", ScopeVisibility::Protected),
            ("c", ScopeVisibility::Classified),
        ] {
            house.define(ScopeDef::new(scope(name)).visible(visibility).decaying(decay()));
        }
        house
    }

    pub(crate) fn define(&self, def: ScopeDef) {
        self.space.define(&self.authority, def).unwrap();
    }

    /// Issues a trusted agent with all kinds in these scopes, which it can also read.
    pub(crate) fn agent(&self, name: &str, scopes: &[&str]) -> Capability {
        let cap =
            self.authority.issue(name, charter(scopes).reading(scopes.iter().map(|s| scope(s)).collect()));
        self.space.enrol(&cap).unwrap();
        cap
    }

    /// Issues a capability that may leave nothing and reads only what is open.
    pub(crate) fn stranger(&self) -> Capability {
        let cap = self.authority.issue("stranger", CapabilitySpec::new(vec![]));
        self.space.enrol(&cap).unwrap();
        cap
    }

    pub(crate) fn observe(&self, who: &Capability, place: &str, topic: &str) -> Seq {
        self.space.write_mark(who, &scope(place), Draft::observation(topic, "content")).unwrap()
    }

    pub(crate) fn claim(&self, who: &Capability, resource: &str, millionths: u32) -> ClaimOutcome {
        self.space.pre_action(who, &scope("a"), (resource, "edit"), Ratio::millionths(millionths))
    }

    pub(crate) fn all(&self, place: &str) -> Vec<hyperspace_markspace::MarkView> {
        self.space.read_all(&self.authority, &Query::new(scope(place)).faint()).unwrap()
    }

    pub(crate) fn events(&self) -> Vec<TelemetryEvent> {
        self.sink.events()
    }
}

pub(crate) fn charter(scopes: &[&str]) -> CapabilitySpec {
    let grants =
        scopes.iter().map(|name| Grant { scope: scope(name), kinds: MarkKind::ALL.to_vec() }).collect();
    CapabilitySpec::new(grants).trusted(TrustSource::Fleet)
}
