//! The scopes of a space: the principal's definitions, and the names under which marks were left.
//!
//! A name without a definition takes the nearest one around it. A scope cannot be defined once it contains marks, so the
//! law by which a mark fades never changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::define::{DIAGNOSTIC_SCOPE, Decay, SYSTEM_SCOPE, ScopeDef, ScopeVisibility};
use crate::refusal::Refusal;
use crate::time::HOUR;
use hyperspace_core::ScopeName;

/// Number of a scope under which marks were left.
pub(crate) type ScopeIx = u32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScopeEntry {
    pub(crate) name: Arc<ScopeName>,
    pub(crate) def: Arc<ScopeDef>,
    /// Definitions with a rate limit that apply here, innermost first.
    pub(crate) limits: Arc<[Arc<ScopeDef>]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes {
    defs: BTreeMap<String, Arc<ScopeDef>>,
    places: Vec<ScopeEntry>,
    by_name: BTreeMap<String, ScopeIx>,
}

impl Scopes {
    pub(crate) fn new() -> Self {
        let mut scopes = Self { defs: BTreeMap::new(), places: vec![], by_name: BTreeMap::new() };
        for (name, visibility) in
            [(SYSTEM_SCOPE, ScopeVisibility::Protected), (DIAGNOSTIC_SCOPE, ScopeVisibility::Open)]
        {
            let decay =
                Decay { observation_half_life: 24 * HOUR, warning_half_life: 12 * HOUR, intent_ttl: HOUR };
            let name = ScopeName::new(name).expect("the engine's own scopes have valid names");
            let def = ScopeDef::new(name).visible(visibility).decaying(decay);
            scopes.defs.insert(def.name.to_string(), Arc::new(def));
        }
        scopes
    }

    /// Returns the scopes of a snapshot: definitions, and the names under which marks were left, in the order of their numbers.
    ///
    /// A definition never changes the law of a name that has a number, so assigning the numbers again gives the same scopes.
    pub(crate) fn restored(defs: Vec<ScopeDef>, names: &[ScopeName]) -> Option<Self> {
        let mut scopes = Self { defs: BTreeMap::new(), places: vec![], by_name: BTreeMap::new() };
        scopes.defs.extend(defs.into_iter().map(|def| (def.name.to_string(), Arc::new(def))));
        for (ix, name) in (0..).zip(names) {
            if scopes.intern(name).ok()? != ix {
                return None;
            }
        }
        Some(scopes)
    }

    pub(crate) fn defs(&self) -> impl Iterator<Item = &ScopeDef> {
        self.defs.values().map(|def| &**def)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &ScopeName> {
        self.places.iter().map(|place| &*place.name)
    }

    pub(crate) fn define(&mut self, def: &ScopeDef) -> Result<(), Refusal> {
        let refuse = |problem: &str| {
            Err(Refusal::Definition { scope: def.name.to_string(), problem: problem.to_owned() })
        };
        if let Some(present) = self.defs.get(def.name.as_str()) {
            return if **present == *def { Ok(()) } else { refuse("it is defined otherwise already") };
        }
        if self.inside(&def.name).next().is_some() {
            return refuse("marks were filed in it");
        }
        if let Some(rate) = def.rate
            && rate.window == 0
        {
            return refuse("field `rate.window` is 0; expected at least 1 tick");
        }
        let decay = def.decay;
        if decay.observation_half_life == 0 || decay.warning_half_life == 0 {
            return refuse("a half-life is 0; expected at least 1 tick");
        }
        self.defs.insert(def.name.to_string(), Arc::new(def.clone()));
        Ok(())
    }

    /// Returns the definition that applies to a name.
    pub(crate) fn resolve<'a>(&'a self, name: &'a ScopeName) -> Result<&'a Arc<ScopeDef>, Refusal> {
        self.chain(name).next().ok_or_else(|| Refusal::UnknownScope { scope: name.to_string() })
    }

    /// Returns the definitions of the scope and of all scopes around it, innermost first.
    pub(crate) fn chain<'a>(&'a self, name: &'a ScopeName) -> impl Iterator<Item = &'a Arc<ScopeDef>> {
        let names = std::iter::successors(Some(name.as_str()), |text| Some(text.rsplit_once('/')?.0));
        names.filter_map(|name| self.defs.get(name))
    }

    pub(crate) fn find(&self, name: &ScopeName) -> Option<ScopeIx> {
        self.by_name.get(name.as_str()).copied()
    }

    /// Returns the number of a name, assigning one if it has none.
    pub(crate) fn intern(&mut self, name: &ScopeName) -> Result<ScopeIx, Refusal> {
        if let Some(ix) = self.find(name) {
            return Ok(ix);
        }
        let def = Arc::clone(self.resolve(name)?);
        let ix = ScopeIx::try_from(self.places.len()).expect("fewer than 2^32 scopes");
        let limits = self.chain(name).filter(|def| def.rate.is_some()).cloned().collect();
        self.places.push(ScopeEntry { name: Arc::new(name.clone()), def, limits });
        self.by_name.insert(name.to_string(), ix);
        Ok(ix)
    }

    pub(crate) fn get(&self, ix: ScopeIx) -> Option<&ScopeEntry> {
        self.places.get(ix as usize)
    }

    pub(crate) fn place(&self, ix: ScopeIx) -> &ScopeEntry {
        &self.places[ix as usize]
    }

    /// Returns the scope and all scopes inside it in which marks were left, ordered by name.
    pub(crate) fn inside(&self, name: &ScopeName) -> impl Iterator<Item = ScopeIx> {
        // '0' follows '/', so the range holds exactly the names that begin with this one and a slash.
        let (low, high) = (format!("{name}/"), format!("{name}0"));
        let below = self.by_name.range(low..high).map(|(_, &ix)| ix);
        self.find(name).into_iter().chain(below)
    }
}
