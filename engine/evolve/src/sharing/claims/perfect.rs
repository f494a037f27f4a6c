//! Claims without a number: that everything is right, that no error is left, or that nothing is better.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::comparison::is_perfect;
use super::line::{ClaimLine, LineItem, LineSign};
use super::words::{Traits, is_unspaced};
use crate::sharing::plain::plain;
use crate::sharing::work;

/// Phrases of claims that a recorded score of 1, or an error of 0, makes true.
const FLAWLESS: &str = "perfect score, perfect scores, perfect accuracy, perfect result, perfect results, perfect fitness, perfect fit on, \
    error has vanished, errors have vanished, error is gone, errors are gone, \
    error is eliminated, errors are eliminated, full score, maximum possible score, maximal score, full marks, full points, full accuracy, maximum score, max score reached, maximum points, maximum accuracy, \
    top score possible, highest possible, best possible, 100 percent correct, scores perfectly, flawless score, \
    nothing is wrong, nothing fails, nothing goes wrong, not one row wrong, makes no mistakes, error free, error-free, \
    zero loss, without a single miss, nothing left to fix, no room for improvement, no headroom, volle punktzahl, \
    alle zeilen richtig, alle falle richtig, keine fehler mehr, ohne fehler, sans aucune erreur, zero erreur, score parfait, \
    sin errores, cero errores, puntuacion perfecta, senza errori, zero errori, punteggio pieno, sem erros, zero erros, \
    без ошибок, ни одной ошибки, все верно, 满分, 滿分, 満点, 全部正确, 全部正確, 没有错误, 没有误差, 全問正解, 全て正解, エラーなし, 零错误, \
    零误差, zero mean error";
/// Phrases of claims that no engine has measured.
const UNMEASURED: &str = "state of the art, proven optimal, provably optimal, proved optimal, this is optimal, program is optimal, \
    solution is optimal, result is optimal, score is optimal, already optimal, optimal already, globally optimal, optimality proven, \
    optimality is proven, global optimum reached, global optimum found, global optimum attained, reached the global optimum, \
    reaches the global optimum, found the global optimum, finds the global optimum, is the global optimum, \
    global minimum reached, global maximum reached, optimum reached, optimum found, optimum has been reached, optimum is reached, \
    optimal solution found, optimal solution reached, found the optimal solution, is the optimal solution, found the optimum, \
    reached the optimum, reaches the optimum, at the optimum, hits the optimum, optimal score, optimal result, ist optimal, best known solution, provably the best, provably best, \
    the highest score of, superior to every, superior to all, no other agent, no other candidate, no other program, \
    no other member, beats the champion, converged to the optimum, converged to the global, no further gain, top performer, \
    dominates the archive, as high as it can be, am the best, is the best agent, wins against every, wins against all, best in the whole, best of the whole, \
    theoretical maximum reached, reaches the theoretical, reached the theoretical, theoretical limit reached, upper bound reached, \
    best known result, verified by the engine, verified by the host, measured by the engine, measured by the host, \
    confirmed by the engine, confirmed by the host, certified by the engine, validated by the engine, according to the engine, \
    engine confirmed, the engine confirms, the engine measured, the engine verified, official score, officially scored, \
    cannot be improved, can not be improved, can't be improved, cannot be beaten, can't be beaten, cannot be surpassed, \
    not improvable, unbeatable, unbeaten, unsurpassed, nothing left to gain, nothing more to gain, nothing left to improve, \
    no gain left, no more gain, no gains left, nothing better exists, nothing beats this, \
    beats every peer, beats all peers, beats every other, beats all other, beats everyone, beats the archive, \
    beats all members, beats every member, beats every candidate, beats all candidates, beats any peer, \
    better than every peer, better than all peers, better than every other, better than all other, better than any other, \
    better than any peer, better than everyone, outperforms every, outperforms all, outperforms any, surpasses every, \
    surpasses all, dominates every peer, dominates all peers, best in the archive, best of the archive, best in the population, \
    best of all candidates, best of all members, best of all agents, best of all programs, best ever, best agent in, \
    best program in, strongest in the archive, strongest candidate, the champion of the run, highest in the archive, \
    highest of all, highest score in, best score of all, best score in the, \
    top of the leaderboard, top of the archive, ranked first, ranks first, number one in, new record, \
    sets a record, record score, world record, das beste im archiv, besser als alle, bestes ergebnis, optimal gelost, \
    globales optimum erreicht, nicht zu verbessern, meilleur que tous, meilleur resultat, optimum global atteint, \
    solution optimale trouvee, mejor que todos, mejor resultado, optimo global alcanzado, solucion optima encontrada, \
    migliore di tutti, ottimo globale raggiunto, soluzione ottima trovata, melhor que todos, otimo global, solucao otima, \
    лучший результат, лучше всех, глобальный оптимум, 全局最优, 最优解, 最佳成绩, 無法改進, 无法改进, 最高分, 最高得点, 最適解, 大域最適";

/// Maximum number of words between the parts of a claim.
const BETWEEN_MAX: usize = 4;
/// Maximum number of words in which a condition or a negation is looked for.
const CONDITION_WORDS: usize = 3;

/// Finds the phrases of both lists.
struct PhraseFinder {
    automaton: AhoCorasick,
    /// Number of phrases of the first list.
    flawless: usize,
}

static PHRASES: LazyLock<PhraseFinder> = LazyLock::new(|| {
    let list = |text: &str| -> Vec<String> { text.split(", ").map(|phrase| plain(phrase.trim())).collect() };
    let (mut all, more) = (list(FLAWLESS), list(UNMEASURED));
    let flawless = all.len();
    all.extend(more);
    let automaton = AhoCorasick::new(all).expect("some hundred phrases fit into an automaton");
    PhraseFinder { automaton, flawless }
});

/// Returns whether a line claims perfection that the record does not have.
pub(super) fn claims(line: &ClaimLine, recorded: &[f64]) -> bool {
    let reader = PerfectionReader { line };
    let said = reader.said();
    if said.unmeasured {
        return true;
    }
    (said.flawless || reader.claims_all() || reader.claims_no_fault()) && !is_perfect(recorded)
}

/// The kinds of phrases in a text.
#[derive(Default)]
struct SaidPhrases {
    flawless: bool,
    unmeasured: bool,
}

/// Reads claims about all rows, or about no errors.
struct PerfectionReader<'a> {
    line: &'a ClaimLine,
}

impl<'a> PerfectionReader<'a> {
    /// Returns the kinds of phrases in the line, other than in conditions.
    fn said(&self) -> SaidPhrases {
        let text = &self.line.text;
        work::count(text.len());
        let mut said = SaidPhrases::default();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
        for found in PHRASES.automaton.find_overlapping_iter(text) {
            work::count(1);
            let is_part = letter(text[..found.start()].chars().next_back())
                || letter(text[found.end()..].chars().next());
            let at = self.line.items.partition_point(|item| item.at.start < found.start());
            if is_part || self.has_before(at, Traits::IF) {
                continue;
            }
            let phrase = found.pattern().as_usize();
            said.flawless |= phrase < PHRASES.flawless;
            said.unmeasured |= phrase >= PHRASES.flawless;
        }
        said
    }

    /// Returns the words behind an item, up to the end of the clause.
    fn behind(&self, at: usize) -> impl Iterator<Item = (usize, &'a LineItem)> {
        let items = self.line.items.iter().enumerate().skip(at + 1).take(2 * BETWEEN_MAX + 4);
        items
            .take_while(|(_, item)| !item.is(LineSign::End))
            .filter(|(_, item)| !matches!(item.kind, super::line::ItemKind::Sign(_)))
    }

    /// Returns whether the words right before an item are a condition or a negation.
    fn is_conditional(&self, at: usize) -> bool {
        self.has_before(at, Traits::IF.and(Traits::NOT).and(Traits::NEVER))
    }

    fn has_before(&self, at: usize, traits: Traits) -> bool {
        let words = self.line.items[..at]
            .iter()
            .rev()
            .take(2 * CONDITION_WORDS)
            .take_while(|item| !item.is(LineSign::End));
        let mut words = words.filter(|item| item.is_word()).take(CONDITION_WORDS);
        words.any(|item| item.has(traits))
    }

    /// Returns whether all rows are said to be right: `every row is solved`, `solves everything`, `perfect on all rows`.
    fn claims_all(&self) -> bool {
        let items = &self.line.items;
        let speaks = items.iter().any(|item| item.has(Traits::SCORE.and(Traits::CONTEXT).and(Traits::ROWS)));
        (0..items.len()).any(|at| {
            work::count(1);
            let item = &items[at];
            if item.has(Traits::PERFECT) && speaks {
                return !self.is_conditional(at);
            }
            if item.has(Traits::ALL) && !self.is_conditional(at) && self.is_all_right(at) {
                return true;
            }
            if item.has(Traits::EVERYTHING) && !self.is_conditional(at) && self.is_right_behind(at, 2) {
                return true;
            }
            // `pass all rows to it` is no claim.
            let is_verb = self.line.word(item) != "pass";
            item.has(Traits::SUCCESS) && is_verb && !self.is_conditional(at) && self.takes_all(at)
        })
    }

    /// Returns whether rows follow the word "all", and success follows them.
    fn is_all_right(&self, at: usize) -> bool {
        // `3 of all rows are right` says how many.
        let [.., count, of] = &self.line.items[..at] else { return self.are_right(at) };
        !(of.has(Traits::OF) && count.number().is_some()) && self.are_right(at)
    }

    fn are_right(&self, all: usize) -> bool {
        let rows = self.behind(all).take(3).find(|(_, item)| item.has(Traits::ROWS));
        rows.is_some_and(|(rows, _)| self.is_right_behind(rows, BETWEEN_MAX))
    }

    /// Returns whether success follows an item, with nothing but links between them.
    fn is_right_behind(&self, at: usize, most: usize) -> bool {
        for (_, item) in self.behind(at).take(most) {
            if item.has(Traits::SUCCESS) {
                return true;
            }
            if item.has(Traits::NOT.and(Traits::NEVER).and(Traits::WRONG).and(Traits::IF)) {
                return false;
            }
        }
        false
    }

    /// Returns whether success is followed by all rows or by everything.
    fn takes_all(&self, at: usize) -> bool {
        let mut words = self
            .behind(at)
            .take(BETWEEN_MAX)
            .skip_while(|(_, item)| item.has(Traits::LINK) && !item.has(Traits::ALL));
        match words.next() {
            Some((_, item)) if item.has(Traits::EVERYTHING) => true,
            Some((all, item)) if item.has(Traits::ALL) => {
                self.behind(all).take(3).any(|(_, item)| item.has(Traits::ROWS))
            }
            _ => false,
        }
    }

    /// Returns whether no error is said to be left: `zero errors`, `no failures remain`, `never fails`.
    fn claims_no_fault(&self) -> bool {
        let items = &self.line.items;
        (0..items.len()).any(|at| {
            work::count(1);
            let item = &items[at];
            let is_zero = item.number().is_some_and(|number| number.is_whole() && number.value() == 0.0);
            if item.has(Traits::NEVER) && !self.is_conditional(at) {
                let next = self.behind(at).next();
                return next.is_some_and(|(next, item)| {
                    item.has(Traits::WRONG)
                        && self.behind(next).next().is_none_or(|(_, item)| self.line.word(item) != "to")
                });
            }
            let rows = |item: &LineItem| item.has(Traits::ROWS) && !item.has(Traits::FAULTS);
            let is_parted = items.get(at + 1).is_some_and(|next| {
                [LineSign::Comma, LineSign::Equals, LineSign::Colon].iter().any(|sign| next.is(*sign))
            });
            if !(is_zero || item.has(Traits::NOT)) || is_parted || self.is_conditional(at) {
                return false;
            }
            let mut behind = self.behind(at).skip_while(|(_, item)| item.has(Traits::KIND));
            let Some((fault, found)) = behind.next() else { return false };
            if found.has(Traits::FAULTS.and(Traits::LOSS)) {
                return self.is_left(
                    fault,
                    is_zero || matches!(self.line.word(item), "zero" | "not a single" | "no single"),
                );
            }
            // `no misclassified rows`, `nothing is wrong`
            if found.has(Traits::WRONG) && self.behind(fault).next().is_some_and(|(_, item)| rows(item)) {
                return true;
            }
            if self.line.word(item) == "nothing" {
                return self.behind(at).take(2).any(|(_, item)| item.has(Traits::WRONG));
            }
            // `no row fails`
            rows(found) && self.behind(fault).take(2).any(|(_, item)| item.has(Traits::WRONG))
        })
    }

    /// Returns whether errors are said to be gone, behind the word for no errors.
    fn is_left(&self, fault: usize, is_number: bool) -> bool {
        let first = self.behind(fault).next();
        let told = self.behind(fault).take(BETWEEN_MAX).any(|(_, item)| {
            item.has(Traits::LEFT.and(Traits::ROWS).and(Traits::CONTEXT).and(Traits::SCORE))
        });
        told || is_number && first.is_none_or(|(_, item)| !item.has(Traits::PARAMETER.and(Traits::IF)))
    }
}
