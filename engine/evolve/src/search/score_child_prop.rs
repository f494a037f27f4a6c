//! `score-child-prop`: draws in proportion to fitness, and less for members with many children (HyperAgents, Zhang et al. 2026).

use super::draws::Draws;
use super::sampler::{CachedSums, Child, Drawn, Ranking, Sampler, View};
use super::selection::{TOP, weight};

#[derive(Debug, Clone, Default)]
pub(crate) struct ScoreChildPropSampler {
    members: Vec<usize>,
    ranking: Ranking,
    sums: CachedSums,
}

impl ScoreChildPropSampler {
    fn sums(&self, view: &View<'_>) -> Vec<u64> {
        let values = view.fitness(self.members.iter().copied(), &self.ranking);
        let top = &self.ranking.members()[..self.ranking.members().len().min(TOP)];
        let top = view.fitness(top.iter().copied(), &self.ranking);
        let mid = top.iter().sum::<f64>() / top.len() as f64;
        let mut total = 0;
        let weights = self.members.iter().zip(values);
        weights
            .map(|(member, value)| {
                total += weight(value, mid, view.children(*member));
                total
            })
            .collect()
    }
}

impl Sampler for ScoreChildPropSampler {
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
