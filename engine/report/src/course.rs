//! The course of an agent: best so far, crashes and recoveries, efficiency.

use serde::Serialize;

use crate::run::{ReportAgent, ReportRun};

/// Score up to which a generation counts as crashed.
const CRASHED: f64 = 0.01;
/// Score above which an agent counts as working, and as recovered.
const WORKING: f64 = 0.4;
/// Minimum number of generations of a crash.
const CRASH_LEN: usize = 2;
/// Scores for which the first generation that reached them is reported.
const THRESHOLDS: [f64; 5] = [0.50, 0.55, 0.60, 0.65, 0.70];

/// A generation of an agent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CoursePoint {
    /// The generation.
    pub generation: u64,
    /// Best training score of the generation.
    pub train: Option<f64>,
    /// Held-out score: the best of the generation.
    pub held_out: Option<f64>,
    /// Best training score so far.
    pub best_train: Option<f64>,
    /// Best held-out score so far.
    pub best_held_out: Option<f64>,
    /// Training score minus held-out score of the candidate that is best on training data so far.
    pub gap: Option<f64>,
}

/// A crash that was followed by a recovery.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CrashRecovery {
    /// The agent.
    pub agent: String,
    /// First generation of the crash.
    pub from: u64,
    /// Last generation of the crash.
    pub to: u64,
    /// The generation of the recovery.
    pub recovered: u64,
    /// Held-out score before the crash.
    pub before: Option<f64>,
    /// Held-out score of the recovery.
    pub after: f64,
    /// Bytes of the program before, in and after the crash.
    pub bytes: [usize; 3],
    /// True if the recovery adopted a peer's code.
    pub adopted: bool,
}

/// A score and the first generation that reached it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ThresholdReached {
    /// The score.
    pub score: f64,
    /// The generation; `None` if no generation did.
    pub generation: Option<u64>,
}

/// The efficiency of an agent on held-out data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Efficiency {
    /// Best held-out score.
    pub best: Option<f64>,
    /// The first generation that reached it.
    pub best_generation: Option<u64>,
    /// Best score divided by the number of generations that it took; `None` if the first generation reached it.
    pub score_per_generation: Option<f64>,
    /// Gain over the first measured score, divided by the number of generations that it took.
    pub gain_per_generation: Option<f64>,
    /// The first generations that reached given scores.
    pub thresholds: Vec<ThresholdReached>,
    /// Model calls of the whole run per 0.01 of the best score; `None` if the calls are not known.
    pub calls_per_hundredth: Option<f64>,
    /// Dollars of the whole run per 0.01 of the best score.
    pub dollars_per_hundredth: Option<f64>,
}

/// Returns the course of an agent, one point for each of its generations.
pub(crate) fn course(run: &ReportRun, agent: &ReportAgent) -> Vec<CoursePoint> {
    let mut points: Vec<CoursePoint> = Vec::new();
    let mut champion: Option<(f64, Option<f64>)> = None;
    for one in &agent.candidates {
        if points.last().is_none_or(|last| last.generation != one.generation) {
            let last = points.last();
            points.push(CoursePoint {
                generation: one.generation,
                train: None,
                held_out: None,
                best_train: last.and_then(|last| last.best_train),
                best_held_out: last.and_then(|last| last.best_held_out),
                gap: None,
            });
        }
        let Some(point) = points.last_mut() else { continue };
        let raise = |place: &mut Option<f64>, score: Option<f64>| {
            if let Some(score) = score
                && place.is_none_or(|best| run.better(score, best))
            {
                *place = Some(score);
            }
        };
        raise(&mut point.train, one.train);
        raise(&mut point.held_out, one.held_out);
        raise(&mut point.best_train, one.train);
        raise(&mut point.best_held_out, one.held_out);
        if let Some(train) = one.train
            && champion.is_none_or(|(best, _)| run.better(train, best))
        {
            champion = Some((train, one.held_out));
        }
        point.gap = champion.and_then(|(train, held_out)| {
            Some(if run.minimise { held_out? - train } else { train - held_out? })
        });
    }
    points
}

/// Returns the crashes of an agent that were followed by a recovery. Only scores from 0 to 1 of which more is better have
/// crashes. With `invalid`, a generation without a score is part of a crash; otherwise it ends one.
pub(crate) fn recoveries(
    run: &ReportRun,
    agent: &ReportAgent,
    adopted: &[u64],
    invalid: bool,
) -> Vec<CrashRecovery> {
    let scores: Vec<_> = agent.candidates.iter().map(|one| (one.generation, one.held_out)).collect();
    let unit = scores.iter().flat_map(|(_, score)| score).all(|score| (0.0..=1.0).contains(score));
    if run.minimise || !unit {
        return Vec::new();
    }
    let crashed = |at: &usize| {
        scores.get(*at).is_some_and(|(_, score)| score.map_or(invalid, |score| score <= CRASHED))
    };
    let bytes = |at: usize| agent.candidates[at].code.as_ref().map_or(0, |code| code.len());
    let (mut found, mut at, mut worked) = (Vec::new(), 0, false);
    while at < scores.len() {
        worked |= scores[at].1.is_some_and(|score| score > WORKING);
        if !worked || !crashed(&at) {
            at += 1;
            continue;
        }
        let end = (at..scores.len()).find(|at| !crashed(at)).unwrap_or(scores.len());
        if end - at >= CRASH_LEN
            && let Some((recovered, Some(after))) = scores.get(end).copied()
            && after > WORKING
        {
            let before = at.saturating_sub(1);
            found.push(CrashRecovery {
                agent: agent.name.clone(),
                from: scores[at].0,
                to: scores[end - 1].0,
                recovered,
                before: scores[before].1,
                after,
                bytes: [bytes(before), bytes(at), bytes(end)],
                adopted: adopted.contains(&recovered),
            });
        }
        at = end;
    }
    found
}

/// Returns the efficiency of an agent. Calls and money are those of the whole run, as in the published analysis.
pub(crate) fn efficiency(run: &ReportRun, points: &[CoursePoint]) -> Efficiency {
    let best = points.last().and_then(|last| last.best_held_out);
    let reached = |score: f64| {
        let has = |point: &&CoursePoint| {
            point.best_held_out.is_some_and(|best| best == score || run.better(best, score))
        };
        points.iter().find(has).map(|point| point.generation)
    };
    let best_generation = best.and_then(reached);
    let over = best_generation.filter(|generation| *generation > 0).map(|generation| generation as f64);
    let first = points.iter().find_map(|point| point.held_out);
    let thresholds = if run.minimise {
        Vec::new()
    } else {
        THRESHOLDS
            .iter()
            .map(|score| ThresholdReached { score: *score, generation: reached(*score) })
            .collect()
    };
    let per_hundredth =
        |amount: f64| best.filter(|best| *best > 0.0 && !run.minimise).map(|best| amount / (best * 100.0));
    Efficiency {
        best,
        best_generation,
        score_per_generation: best.zip(over).map(|(best, over)| best / over).filter(|_| !run.minimise),
        gain_per_generation: best
            .zip(first)
            .zip(over)
            .map(|((best, first), over)| (best - first).abs() / over),
        thresholds,
        calls_per_hundredth: run.spend.calls.and_then(|calls| per_hundredth(calls as f64)),
        dollars_per_hundredth: Some(run.spend.picodollars)
            .filter(|cost| *cost > 0)
            .and_then(|cost| per_hundredth(cost as f64 / 1e12)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::ReportCandidate;

    fn agent(scores: &[Option<f64>]) -> ReportAgent {
        let candidate = |(generation, score): (u64, &Option<f64>)| ReportCandidate {
            generation,
            held_out: *score,
            train: score.map(|score| score + 0.1),
            ..ReportCandidate::default()
        };
        ReportAgent { candidates: (0..).zip(scores).map(candidate).collect(), ..ReportAgent::default() }
    }

    #[test]
    fn a_crash_follows_work_and_ends_in_a_recovery() {
        let run = ReportRun::default();
        let found = |scores: &[Option<f64>]| recoveries(&run, &agent(scores), &[], false);
        let some = |scores: &[f64]| scores.iter().map(|score| Some(*score)).collect::<Vec<_>>();
        assert_eq!(found(&some(&[0.0, 0.0, 0.5])).len(), 0, "it never worked before");
        assert_eq!(found(&some(&[0.5, 0.0, 0.5])).len(), 0, "one generation is no crash");
        let crash = &found(&some(&[0.5, 0.0, 0.01, 0.0, 0.6, 0.0, 0.0]))[0];
        assert_eq!(
            (crash.from, crash.to, crash.recovered, crash.before, crash.after),
            (1, 3, 4, Some(0.5), 0.6)
        );
        // A generation without a score ends the streak, as in the published analysis.
        assert_eq!(found(&[Some(0.5), Some(0.0), None, Some(0.0), Some(0.6)]).len(), 0);
        let broken = [Some(0.5), None, Some(0.0), None, Some(0.6)];
        assert_eq!(found(&broken).len(), 0);
        let crash = &recoveries(&run, &agent(&broken), &[], true)[0];
        assert_eq!((crash.from, crash.to, crash.recovered), (1, 3, 4));
        assert_eq!(found(&some(&[0.5, 0.0, 0.0, 0.3, 0.6])).len(), 0, "not recovered at once");
    }

    #[test]
    fn efficiency_is_about_the_first_generation_with_the_best_score() {
        let run = ReportRun {
            spend: crate::ReportSpend { calls: Some(600), ..Default::default() },
            ..ReportRun::default()
        };
        let points = course(&run, &agent(&[Some(0.2), None, Some(0.6), Some(0.5), Some(0.6)]));
        assert_eq!(points[3].best_held_out, Some(0.6));
        assert!((points[2].gap.unwrap() - 0.1).abs() < 1e-9);
        let found = efficiency(&run, &points);
        assert_eq!((found.best, found.best_generation), (Some(0.6), Some(2)));
        assert!((found.score_per_generation.unwrap() - 0.3).abs() < 1e-12);
        assert!((found.calls_per_hundredth.unwrap() - 10.0).abs() < 1e-9);
        let generations: Vec<_> = found.thresholds.iter().map(|one| one.generation).collect();
        assert_eq!(generations, [Some(2), Some(2), Some(2), None, None]);
    }
}
