//! Rules that need more than a distribution.

use super::*;

#[test]
fn best_of_n_goes_on_with_the_best_child() {
    let mut world = World::of("best-of-n:n=3", &[50]);
    let better = world.admit(Made { score: 60, parent: Some(0), ..Made::default() });
    world.child(0, true);
    let best = world.admit(Made { score: 70, parent: Some(0), ..Made::default() });
    world.child(0, true);
    assert_eq!(world.draw(0), 0);
    world.child(better, false);
    assert_eq!(world.draw(1), 0, "a child of another member does not count");
    world.child(0, false);
    assert_eq!(world.draw(2), best);
    (0..3).for_each(|_| world.child(best, false));
    assert_eq!(world.draw(3), best, "none of its children was better");
}

#[test]
fn map_elites_wants_new_cells_and_better_elites() {
    let mut world = World::new("map-elites:dimensions=bytes,bins=4,scale=fixed,reach=2", Direction::Minimize);
    world.admit(Made { score: 50, bytes: 100, ..Made::default() });
    let wants = |score: u64, bytes: Option<u64>| {
        let descriptor = bytes.map(|bytes| ("bytes".to_owned(), Score::integer(bytes))).into_iter().collect();
        let record = SearchRecord { descriptor, ..SearchRecord::default() };
        world.rule.wants(&world.view(), &Score::integer(score), &record)
    };
    assert!(wants(40, Some(100)) && !wants(50, Some(100)) && !wants(60, Some(149)));
    assert!(wants(60, Some(150)) && wants(60, None));
}

#[test]
fn pareto_wants_the_undominated_and_completes_a_parent() {
    let made = |cases: &[u64]| Made { score: 1, cases: cases.to_vec(), ..Made::default() };
    let mut world = World::new("pareto", Direction::Maximize);
    for cases in [[9, 9, 1, 1], [1, 1, 9, 9], [9, 0, 0, 9]] {
        world.admit(made(&cases));
    }
    let wants = |cases: [u64; 4]| {
        let cases = cases.map(|score| Some(Score::integer(score))).to_vec();
        world.rule.wants(
            &world.view(),
            &Score::integer(1),
            &SearchRecord { cases, ..SearchRecord::default() },
        )
    };
    assert!(wants([10, 0, 0, 0]) && wants([8, 8, 8, 8]) && !wants([9, 9, 1, 1]) && !wants([1, 1, 1, 1]));
    assert_eq!(world.rule.complement(&world.view(), 0), Some(1));
    assert_eq!(world.rule.complement(&world.view(), 1), Some(0));
}

#[test]
fn pareto_over_objectives_trades_score_for_size() {
    let made = |score, bytes, cases: &[u64]| Made { score, bytes, cases: cases.to_vec(), ..Made::default() };
    for (rule, best_first) in [("pareto:over=objectives", [0, 1]), ("pareto:over=hybrid", [0, 2])] {
        let mut world = World::new(rule, Direction::Maximize);
        for member in [made(9, 300, &[1]), made(5, 100, &[1]), made(5, 200, &[7])] {
            world.admit(member);
        }
        let drawn: std::collections::BTreeSet<usize> = (0..400).map(|number| world.draw(number)).collect();
        assert!(best_first.iter().all(|one| drawn.contains(one)), "{rule}: {drawn:?}");
        // The third member is larger than the second and better only on its case.
        assert_eq!(drawn.contains(&2), rule.ends_with("hybrid"), "{rule}: {drawn:?}");
        let wants = |score: u64, bytes: u64| {
            let sizes = [("bytes", bytes), ("score", score)];
            let descriptor = sizes.map(|(name, value)| (name.to_owned(), Score::integer(value))).into();
            let cases = vec![Some(Score::integer(1))];
            let record = SearchRecord { descriptor, cases, ..SearchRecord::default() };
            world.rule.wants(&world.view(), &Score::integer(score), &record)
        };
        assert!(wants(6, 150) && wants(1, 50) && !wants(5, 100) && !wants(8, 300), "{rule}");
    }
}

#[test]
fn map_elites_with_niches_keeps_one_member_of_each() {
    let rule = "map-elites:dimensions=bytes+score,scale=cvt,niches=16,reach=2";
    let mut world = World::new(rule, Direction::Maximize);
    world.admit(Made { score: 50, bytes: 100, ..Made::default() });
    let wants = |world: &World, score: u64, bytes: Option<u64>| {
        let sizes = [bytes.map(|bytes| ("bytes", bytes)), Some(("score", score))];
        let sizes = sizes.into_iter().flatten();
        let descriptor = sizes.map(|(name, value)| (name.to_owned(), Score::integer(value))).collect();
        let record = SearchRecord { descriptor, ..SearchRecord::default() };
        world.rule.wants(&world.view(), &Score::integer(score), &record)
    };
    assert!(!wants(&world, 50, Some(100)) && wants(&world, 51, Some(100)));
    assert!(wants(&world, 1, Some(1)) && wants(&world, 1, Some(9_999)) && wants(&world, 50, None));
    for (score, bytes) in [(1, 1), (99, 1), (1, 199), (99, 199)] {
        world.admit(Made { score, bytes, ..Made::default() });
    }
    // A value beyond the space belongs to its edge.
    assert!(!wants(&world, 0, Some(999)) && wants(&world, 2, Some(999)));
    let drawn: std::collections::BTreeSet<usize> = (0..400).map(|number| world.draw(number)).collect();
    assert_eq!(drawn.len(), 5);
}

#[test]
fn clades_follow_success() {
    let mut world = World::new("clade:arms=2", Direction::Maximize);
    let seed = world.admit(Made::default());
    let [good, bad] = [0, 1].map(|_| world.admit(Made { parent: Some(seed), ..Made::default() }));
    (0..200).for_each(|_| world.child(good, true));
    (0..200).for_each(|_| world.child(bad, false));
    let mut counts = [0; 3];
    (0..1_000).for_each(|number| counts[world.draw(number)] += 1);
    assert!(counts[good] > 990 && counts[bad] == 0, "{counts:?}");
}

#[test]
fn a_mixture_follows_what_its_strategies_bring() {
    let mut world = World::of("mixture:of=best+random+latest,explore=0.1,window=20", &[90, 50, 40]);
    let arm = |world: &World, before| {
        let id = CandidateId { generation: 1, candidate: before };
        world.rule.draw(&world.view(), &mut Draws::for_candidate(7, id, before)).arm.unwrap()
    };
    // All are tried first, even within one generation.
    assert_eq!([0, 1, 2].map(|before| arm(&world, before)), [0, 1, 2]);
    for number in 0..60 {
        world.child_of_arm(0, number % 3 == 2, Some(number % 3));
    }
    assert_eq!((arm(&world, 0), world.draw(0)), (2, 2));
    // Old trials are forgotten.
    for number in 0..60 {
        world.child_of_arm(0, number % 3 == 0, Some(number % 3));
    }
    assert_eq!((arm(&world, 0), world.draw(0)), (0, 0));
}

#[test]
fn inspirations_are_others_and_each_once() {
    let world = World::of("random", &[50, 90, 70, 60]);
    let mut ranking = crate::search::sampler::Ranking::default();
    (0..4).for_each(|member| ranking.add(&world.view(), member));
    for number in 0..200 {
        let id = CandidateId { generation: number, candidate: 0 };
        let mut draws = Draws::for_candidate(1, id, 0);
        let parent = usize::try_from(number % 4).unwrap();
        let found = crate::search::sampler::inspirations(
            &*world.rule,
            &world.view(),
            &ranking,
            parent,
            3,
            &mut draws,
        );
        let mut members: Vec<usize> = found.iter().map(|one| one.1).collect();
        assert!(!members.contains(&parent) && (parent == 1 || members[0] == 1), "{found:?}");
        members.sort_unstable();
        members.dedup();
        assert_eq!(members.len(), found.len());
    }
}
