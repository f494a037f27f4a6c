//! `map-elites`: the best member of each cell of a grid, drawn evenly (MAP-Elites, Mouret and Clune 2015).
//!
//! Quantile bins are computed again whenever the number of members has grown by a quarter, so that the total cost of all
//! computations stays small.

use std::collections::BTreeMap;

use hyperspace_eval::Score;

use super::draws::Draws;
use super::sampler::{Drawn, Sampler, View};
use super::tessellation::Tessellation;
use crate::record::search_record::SearchRecord;
use crate::record::strategy::{Bins, MapElites};

/// The cell of a program: its bin in each dimension, where bin 0 is for programs without the property. With niches, its niche;
/// programs without a property have other niches.
type Cell = Vec<u64>;

#[derive(Debug, Clone)]
pub(crate) struct MapElitesSampler {
    rule: MapElites,
    /// Names of the dimensions.
    names: Vec<String>,
    /// All members.
    members: Vec<usize>,
    /// The lower ends of all bins but the first, for each dimension.
    cuts: Vec<Vec<Score>>,
    /// Number of members at which the bins are computed again.
    cut_again: usize,
    elites: BTreeMap<Cell, usize>,
    /// Cells with an elite, in the order in which they were opened.
    opened: Vec<Cell>,
}

impl MapElitesSampler {
    pub(crate) fn new(rule: MapElites) -> Self {
        let names: Vec<String> = rule.dimensions.iter().map(ToString::to_string).collect();
        Self {
            cuts: vec![Vec::new(); names.len()],
            rule,
            names,
            members: Vec::new(),
            cut_again: 1,
            elites: BTreeMap::new(),
            opened: Vec::new(),
        }
    }

    /// Returns the niche of a program, preceded by a number for each dimension that says whether the program has the property.
    fn niche(&self, record: &SearchRecord) -> Cell {
        let values = self.names.iter().zip(&self.cuts).map(|(name, cuts)| {
            let value = record.descriptor.get(name)?.to_f64();
            let end = cuts.first().map_or(0.0, Score::to_f64);
            Some(if end == 0.0 { 0.0 } else { (value / end).clamp(0.0, 1.0) })
        });
        let values: Vec<Option<f64>> = values.collect();
        let point: Vec<f64> = values.iter().map(|value| value.unwrap_or_default()).collect();
        let niches = usize::try_from(self.rule.niches).unwrap_or(usize::MAX);
        let niche = Tessellation::of(niches, self.names.len()).niche(&point) as u64;
        values.iter().map(|value| u64::from(value.is_some())).chain([niche]).collect()
    }

    fn cell(&self, record: &SearchRecord) -> Cell {
        if self.rule.scale == Bins::Cvt {
            return self.niche(record);
        }
        let bin = |(name, cuts): (&String, &Vec<Score>)| match record.descriptor.get(name) {
            Some(value) => 1 + cuts.partition_point(|cut| cut <= value) as u64,
            None => 0,
        };
        self.names.iter().zip(&self.cuts).map(bin).collect()
    }

    /// Puts a member into its cell, if it is the first one there or better than the elite.
    fn place(&mut self, view: &View<'_>, member: usize) {
        let cell = self.cell(view.record(member));
        match self.elites.get_mut(&cell) {
            None => {
                self.elites.insert(cell.clone(), member);
                self.opened.push(cell);
            }
            Some(elite) if view.better(&view.member(member).score, &view.member(*elite).score) => {
                *elite = member
            }
            Some(_) => {}
        }
    }

    /// Divides the dimensions into bins and puts every member into its new cell.
    fn cut(&mut self, view: &View<'_>) {
        let cuts = self.names.iter().map(|name| match self.rule.scale {
            Bins::Fixed => self.fixed(view, name),
            Bins::Cvt => self.end(view, name).into_iter().collect(),
            Bins::Quantile => self.quantiles(view, name),
        });
        self.cuts = cuts.collect();
        self.elites.clear();
        self.opened.clear();
        for member in self.members.clone() {
            self.place(view, member);
        }
    }

    /// Returns the ends of bins of equal width from 0 to a multiple of the first member's value.
    fn fixed(&self, view: &View<'_>, name: &str) -> Vec<Score> {
        let Some(seed) = view.record(self.members[0]).descriptor.get(name) else { return Vec::new() };
        let part = |bin| Score::ratio(bin * self.rule.reach, self.rule.bins).unwrap_or_else(Score::zero);
        let mut cuts: Vec<Score> = (1..self.rule.bins).map(|bin| &part(bin) * seed).collect();
        cuts.sort();
        cuts
    }

    /// Returns the end of the niche space in a dimension: a multiple of the first member's value.
    fn end(&self, view: &View<'_>, name: &str) -> Option<Score> {
        let seed = view.record(self.members[0]).descriptor.get(name)?;
        Some(&Score::integer(self.rule.reach) * seed)
    }

    /// Returns the ends of bins with equally many members.
    fn quantiles(&self, view: &View<'_>, name: &str) -> Vec<Score> {
        let values = self.members.iter().filter_map(|member| view.record(*member).descriptor.get(name));
        let mut values: Vec<&Score> = values.collect();
        values.sort();
        let bins = usize::try_from(self.rule.bins).unwrap_or(1);
        let mut cuts: Vec<Score> = (1..bins)
            .filter_map(|bin| values.get(bin * values.len() / bins))
            .map(|cut| (*cut).clone())
            .collect();
        cuts.dedup();
        cuts
    }
}

impl Sampler for MapElitesSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        self.members.push(member);
        if self.members.len() < self.cut_again {
            return self.place(view, member);
        }
        self.cut(view);
        self.cut_again = match self.rule.scale {
            Bins::Fixed | Bins::Cvt => usize::MAX,
            Bins::Quantile => self.members.len() + self.members.len().div_ceil(4),
        };
    }

    fn draw(&self, _: &View<'_>, draws: &mut Draws) -> Drawn {
        let cell = &self.opened[draws.even("cell", self.opened.len())];
        Drawn::member(self.elites[cell])
    }

    fn wants(&self, view: &View<'_>, score: &Score, traits: &SearchRecord) -> bool {
        let elite = self.elites.get(&self.cell(traits));
        elite.is_none_or(|elite| view.better(score, &view.member(*elite).score))
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
