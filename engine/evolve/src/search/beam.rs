//! `beam`: draws evenly among the best `width` members (beam search; `beam_search` of ShinkaEvolve and SkyDiscover).

use super::draws::Draws;
use super::sampler::{Drawn, Ranking, Sampler, View};
use crate::record::strategy::BeamSearch;

#[derive(Debug, Clone)]
pub(crate) struct BeamSampler {
    width: usize,
    ranking: Ranking,
}

impl BeamSampler {
    pub(crate) fn new(rule: BeamSearch) -> Self {
        Self { width: usize::try_from(rule.width).unwrap_or(usize::MAX), ranking: Ranking::default() }
    }
}

impl Sampler for BeamSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        self.ranking.add(view, member);
    }

    fn draw(&self, _: &View<'_>, draws: &mut Draws) -> Drawn {
        let beam = self.ranking.members();
        Drawn::member(beam[draws.even("rank", beam.len().min(self.width))])
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
