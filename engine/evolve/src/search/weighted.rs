//! `weighted`: by performance and novelty (ShinkaEvolve, Lange et al. 2025): `1/(1+exp(-λ(f-median))) · 1/(1+children)`.

use super::draws::{Draws, sums};
use super::sampler::{CachedSums, Child, Drawn, Ranking, Sampler, View};
use crate::record::strategy::Weighted;

#[derive(Debug, Clone)]
pub(crate) struct WeightedSampler {
    lambda: f64,
    members: Vec<usize>,
    ranking: Ranking,
    sums: CachedSums,
}

impl WeightedSampler {
    pub(crate) fn new(rule: Weighted) -> Self {
        let (members, ranking, sums) = (Vec::new(), Ranking::default(), CachedSums::default());
        Self { lambda: rule.lambda.to_f64(), members, ranking, sums }
    }

    fn sums(&self, view: &View<'_>) -> Vec<u64> {
        let ranked = self.ranking.members();
        // The member in the middle, or the mean of the two there.
        let middle = [ranked[(ranked.len() - 1) / 2], ranked[ranked.len() / 2]];
        let median = view.fitness(middle.into_iter(), &self.ranking).iter().sum::<f64>() / 2.0;
        let values = view.fitness(self.members.iter().copied(), &self.ranking);
        sums(self.members.iter().zip(values).map(|(member, value)| {
            let performance = 1.0 / (1.0 + libm::exp(-self.lambda * (value - median)));
            performance / (1 + view.children(*member)) as f64
        }))
    }
}

impl Sampler for WeightedSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        self.members.push(member);
        self.ranking.add(view, member);
        self.sums.forget();
    }

    fn count_child(&mut self, _: &View<'_>, _: Child) {
        self.sums.forget();
    }

    fn draw(&self, view: &View<'_>, draws: &mut Draws) -> Drawn {
        let sums = self.sums.get(|| self.sums(view));
        Drawn::member(self.members[draws.weighted("parent", sums)])
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
