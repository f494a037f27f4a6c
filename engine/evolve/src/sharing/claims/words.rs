//! Words of claims in several languages, with their traits.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::sharing::plain::plain;
use crate::sharing::work;

/// Traits of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u32);

impl Traits {
    /// A measure of which more is better. It owns a number, also a whole one.
    pub(super) const SCORE: Self = Self(1);
    /// Points that somebody scores, or that lie somewhere.
    pub(super) const POINTS: Self = Self(1 << 1);
    /// A measure of which less is better.
    pub(super) const LOSS: Self = Self(1 << 2);
    /// Errors, as a measure or as things that can be counted.
    pub(super) const FAULTS: Self = Self(1 << 3);
    /// A word of lines that speak of results.
    pub(super) const CONTEXT: Self = Self(1 << 4);
    /// A parameter, a number or a size of something, before its number or after it.
    pub(super) const PARAMETER: Self = Self(1 << 5);
    /// A unit or a thing that the number before it counts.
    pub(super) const UNIT: Self = Self(1 << 6);
    /// Rows, cases and the like, of which a program answers some.
    pub(super) const ROWS: Self = Self(1 << 7);
    /// Correct, solved, passed.
    pub(super) const SUCCESS: Self = Self(1 << 8);
    /// Wrong, failed, missed.
    pub(super) const WRONG: Self = Self(1 << 9);
    /// All, every, each.
    pub(super) const ALL: Self = Self(1 << 10);
    /// A use of data: train on, sample.
    pub(super) const DATA: Self = Self(1 << 11);
    /// A word between a number and its owner.
    pub(super) const LINK: Self = Self(1 << 12);
    /// More than.
    pub(super) const ABOVE: Self = Self(1 << 13);
    /// Less than.
    pub(super) const BELOW: Self = Self(1 << 14);
    /// A condition, an aim or a question.
    pub(super) const IF: Self = Self(1 << 15);
    /// No, not, never, without.
    pub(super) const NOT: Self = Self(1 << 16);
    /// Words before a difference.
    pub(super) const BY: Self = Self(1 << 17);
    /// Percent, after a number.
    pub(super) const PERCENT: Self = Self(1 << 18);
    /// Percent, before a number.
    pub(super) const PERCENT_OF: Self = Self(1 << 19);
    /// Per mille.
    pub(super) const MILLE: Self = Self(1 << 20);
    /// Something other than a result, of which there is a percentage.
    pub(super) const ASIDE: Self = Self(1 << 21);
    /// Perfect.
    pub(super) const PERFECT: Self = Self(1 << 22);
    /// An adjective of a measure.
    pub(super) const KIND: Self = Self(1 << 23);
    /// Of, out of, in: between the two numbers of a quotient.
    pub(super) const OF: Self = Self(1 << 24);
    /// Reaches, gets.
    pub(super) const REACHES: Self = Self(1 << 25);
    /// Left, remaining.
    pub(super) const LEFT: Self = Self(1 << 26);
    /// Everything, everywhere.
    pub(super) const EVERYTHING: Self = Self(1 << 27);
    /// Half, thirds, tenths.
    pub(super) const PART: Self = Self(1 << 28);
    /// Never.
    pub(super) const NEVER: Self = Self(1 << 29);

    /// A word between a parameter and its number.
    pub(super) const SETS: Self = Self(1 << 30);

    /// Words before the bounds of a range.
    pub(super) const RANGE: Self = Self(1 << 31);

    /// Returns whether it has any of the traits of another one.
    pub(super) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns whether it has no other traits than those of another one.
    pub(super) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Returns the traits of both.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Words and phrases with their traits. A star stands for any ending.
const WORDS: [(Traits, &str); 42] = [
    (
        Traits::SCORE.and(Traits::CONTEXT),
        "score, scores, scored, scorer, accuracy, acc, accuracies, fitness, reward, rewards, f1, f1 score, auc, roc auc, r2, \
         success rate, hit rate, pass rate, win rate, solve rate, balanced accuracy, top 1 accuracy, val_acc, train_acc, test_acc",
    ),
    (
        Traits::SCORE.and(Traits::CONTEXT),
        "genauigkeit, trefferquote, erfolgsquote, punktzahl, wertung, exactitude, justesse, taux de reussite, exactitud, \
         puntuacion, puntaje, tasa de acierto*, aciertos, accuratezza, punteggio, acuracia, exatidao, pontuacao, taxa de acerto*, \
         nauwkeurigheid, точност*, оценк*, балл, балла, баллов, счет, dokladnosc, wynik",
    ),
    (
        Traits::SCORE.and(Traits::CONTEXT),
        "准确率, 準確率, 正确率, 正確率, 精确度, 精度, 得分, 分数, 分數, 評分, 评分, 成绩, 正解率, 正答率, スコア, 得点, 点数, 성공률, 정확도, 점수, \
         الدقة, دقة, النتيجة, सटीकता, अंक",
    ),
    (Traits::POINTS.and(Traits::CONTEXT), "points, punkte, punkten, puntos, punti, pontos, очков, очка, pts"),
    (Traits::POINTS, "分, 点, 點, 점"),
    (
        Traits::LOSS,
        "loss, losses, mae, mse, rmse, mape, rmsle, msle, nll, log loss, logloss, cross entropy, regret, optimality gap, \
         duality gap, gap, error rate, failure rate, absolute error, squared error, relative error, misclassification*, brier, residual, residuals, \
         perplexity, shortfall, test error, training error, train error, validation error, val error, held-out error, \
         generalization error, generalisation error, residual error, prediction error",
    ),
    (
        Traits::FAULTS,
        "error, errors, err, failure, failures, mistake, mistakes, misses, misprediction*, mispredictions, fault, faults, \
         wrong answers, wrong answer, wrong predictions, incorrect answers, incorrect predictions, wrong rows, failed rows, \
         failed cases, failing rows, failing cases, failing tests, failed tests, wrong cases",
    ),
    (
        Traits::LOSS,
        "fehler, fehlerrate, fehlerquote, verlust, erreur, erreurs, perte, errores, perdida, perdidas, errore, errori, perdita, \
         erro, erros, perda, fout, ошибк*, ошибок, потер*, 误差, 誤差, 错误率, 錯誤率, 损失, 損失, 誤り率, エラー率, 오차, 손실, الخطأ, خطأ",
    ),
    (
        Traits::CONTEXT,
        "scoring, accurate, val, val_score, validation, held-out, held out, heldout, train, training, percent, achieves, achieved, \
         reaches, reached, result, results, performance, performs, precision, recall, correctness, test set, test split, \
         evaluation, evaluates to, quality, ergebnis, resultat, ergebnisse, resultado, resultados, risultato, risultati, \
         результат*, 结果, 結果, 成績, 결과, validierung, 验证, 驗證, 検証, punto, note finale, obtains, obtained, attains, attained, \
         outperforms, scoreboard, leaderboard, objective, measured, previous best, personal best",
    ),
    (
        Traits::CONTEXT.and(Traits::REACHES),
        "erreicht, atteint, alcanza, alcanzo, raggiunge, alcanca, достиг*, 达到, 達到, 達成, 到达, hits a new, lands at",
    ),
    (
        Traits::REACHES,
        "reaches, reached, achieves, achieved, gets, got, earns, earned, scores, scored, makes, wins, takes all",
    ),
    (
        Traits::SUCCESS.and(Traits::CONTEXT),
        "correct, correctly, richtig, correcte, correctes, correcto, correctos, correctas, corretto, corretti, corretta, corrette, corretos, верны, верных, верна, правильн*, \
         верно, 正确, 正確, 正解, 正しい, 맞음",
    ),
    (
        Traits::SUCCESS,
        "right, solved, solves, passes, passed, pass, answered, answers, succeeds, succeed, succeeded, accurate, perfect, optimal, \
         green, classified, predicted exactly, matched exactly, matches exactly, nailed, aced, perfectly, exactly right, cracked, \
         gelost, lost alle, resuelto, resueltos, resuelve, resout, resolus, risolto, risolve, решен*, 解决, 解決, 通过, 通過",
    ),
    (
        Traits::WRONG,
        "wrong, incorrect, incorrectly, fail, fails, failed, failing, missed, miss, misses, misclassified, misclassifies, mispredicts, mispredicted, errs, err, \
         falsch, fausses, faux, incorrecto, incorrectos, sbagliati, errados, неверн*, 错误, 錯誤",
    ),
    (
        Traits::ROWS,
        "row, rows, case, cases, example, examples, instance, instances, test, tests, task, tasks, problem, problems, answer, \
         answers, prediction, predictions, query, queries, puzzle, puzzles, question, questions, input, inputs, item, items, \
         sample, samples, record, records, zeilen, falle, fallen, zeile, lignes, cas, filas, casos, righe, casi, linhas, строк*, \
         случа*, 行, 例, 个案例, 案例, 件, 题, 問",
    ),
    (
        Traits::ALL,
        "all, every, each, every single, all of the, all the, all of, each and every, any, alle, jede, jeder, tous, toutes, todos, todas, tutti, tutte, все, каждый, 所有, 全部, すべて, 全て",
    ),
    (
        Traits::EVERYTHING,
        "everything, it all, all of it, everywhere, them all, all of them, alles, tout, todo, tutto, tudo, всё",
    ),
    (
        Traits::DATA,
        "train on, trained on, trains on, training on, fit on, fits on, fitted on, fit to, use, uses, used, using, sample, samples, \
         sampled, sampling, subsample, subsamples, keep, keeps, kept, drop, drops, dropped, hold out, holds out, set aside, \
         held back, split, splits, reserve, reserves, mask, masks, shuffle, skip, skips, select, selects, take, takes, draw, draws, \
         bootstrap, only look at, looks at, read, reads, evaluate on, evaluated on, tested on, consider, considers",
    ),
    (
        Traits::PARAMETER,
        "learning rate, lr, dropout, drop rate, dropout rate, threshold, thresholds, epoch, epochs, tolerance, tol, atol, rtol, eps, \
         epsilon, seed, seeds, version, versions, v, weight, weights, timeout, timeouts, step, steps, step size, stepsize, momentum, \
         temperature, temperatures, alpha, beta, gamma, lambda, lam, sigma, delta, mu, tau, theta, eta, rho, kappa, decay, \
         weight decay, batch, batch size, batches, iteration, iterations, iters, round, rounds, restart, restarts, depth, \
         max depth, width, height, window, windows, window size, layer, layers, neurons, hidden, hidden size, cutoff, cut-off, \
         margin, margins, penalty, penalties, bias, factor, factors, coefficient, coefficients, coef, scale, ratio, ratios, radius, \
         degree, order, exponent, budget, limit, limits, upper limit, lower limit, bound, bounds, interval, clip, regularization, \
         regularisation, l1, l2, capacity, cap, offset, shift, index, mutation rate, crossover rate, sampling rate, growth rate, \
         cooling rate, annealing rate, acceptance rate, exploration rate, rate limit, probability, prob, quantile, percentile, \
         noise, stage, phase, generation, generations, candidate, candidates, population size, fold, folds, k, n, max_iter, \
         n_estimators, min_samples, num_leaves, constant, constants, hyperparameter*, parameter, parameters, param, default, \
         patience, warmup, beam, beams, neighbors, neighbours, clusters, bins, trees, estimators, level, levels, priority, slope, \
         intercept, min_score, max_score, max_error, min_accuracy, warm-up, resolution, precision digits, spacing, stride, frequency, \
         midpoint, length, size, sizes, count, number of, port, page, section, chapter, part, line, lines, column, columns, figure, \
         fig, table, equation, eq, python, numpy, scipy, pep, rfc, issue, bug, ticket, year, since, release, copyright, \
         exit code, error code, status, status code, errno, code, gen, id, top, lernrate, schwelle, schwellenwert, epochen, \
         toleranz, taux d'apprentissage, seuil, tasa de aprendizaje, umbral, soglia, limiar, 学习率, 學習率, 阈值, 学習率, 閾値, 步长, 版本, \
         порог, шаг, скорость обучения, split ratio, test size, smoothing, prior, priors, cooling, bonus, bonuses, credit, confidence, test_size, validation_fraction, train_size, tie-break*, quota",
    ),
    (
        Traits::UNIT,
        "s, sec, secs, second, seconds, ms, msec, milliseconds, microseconds, us, ns, minute, minutes, mins, h, hour, hours, day, \
         days, week, weeks, month, months, year, years, b, kb, mb, gb, tb, kib, mib, gib, byte, bytes, kbytes, mbytes, bit, bits, px, \
         pixels, mm, cm, m, km, kg, g, hz, khz, mhz, ghz, deg, degree, degrees, radians, tokens, token, chars, characters, lines, \
         words, columns, digits, digit, decimals, decimal places, significant digits, places, times, x, fold, units, fuel, loops, \
         iterations, iters, epochs, rounds, generations, passes, steps, bins, trees, layers, neurons, features, dimensions, cores, \
         threads, workers, processes, candidates, children, members, restarts, calls, moves, nodes, edges, vertices, cells, pages, \
         files, functions, groups, clusters, batches, models, heuristics, rules, weights, parameters, items, elements, entries, \
         numbers, values, terms, terabytes, dollars, cents, usd, stages, phases, levels, branches, tables, strings, operations, \
         flops, evaluations, samples, neighbours, neighbors, seeds, folds, splits, windows, slots, pairs, triples, sekunden, \
         minuten, secondes, segundos, secondi, секунд*, 秒, 分钟, 次, 个, 回, 本, attempts, tries, trials, retries, percentile, \
         standard deviations, sigma, means, indicates, denotes, st, nd, rd, th, jobs, agents, peers, programs, variants, versions, options, ways, kinds, types, \
         categories, classes, labels, arguments, args, fields, keys, chunks, blocks, parts, pieces, sections, paragraphs",
    ),
    (
        Traits::SETS,
        "of, is, was, are, were, be, been, to, at, about, around, from, a, an, the, approximately, roughly, nearly, almost, only, just, \
         now, currently, still, between, and, or, e.g, i.e, set, lowered, raised, increased, decreased, reduced, changed, moved, \
         tuned, kept, fixed, chosen, halved, doubled, equals, equal, by, like, value, values, current, default, ist, von, auf, de, di, \
         del, du, 为, 是, の, は",
    ),
    (
        Traits::LINK,
        "practically, virtually, basically, effectively, essentially, merely, a mere, solid, already, finally, \
         of, is, was, are, were, be, been, to, at, about, around, from, a, an, the, approximately, roughly, nearly, almost, only, just, \
         now, currently, still, between, and, or, e.g, i.e, set, lowered, raised, increased, decreased, reduced, changed, moved, tuned, \
         kept, fixed, chosen, halved, doubled, went, goes, up, down, rose, rises, fell, falls, drops, dropped, grew, climbs, climbed, \
         jumps, jumped, improved, improves, stays, became, becomes, remains, equals, equal, like, per, with, on, for, in, its, our, \
         my, this, that, here, then, again, as, so, has, have, had, value, values, says, reads, shows, stands, got, gets, reported, \
         measured, observed, new, current, final, mean, average, avg, total, overall, von, ist, liegt, bei, auf, de, est, du, es, del, \
         la, el, le, di, e, da, do, um, uma, en, a la, der, die, das, betragt, составляет, равн*, 为, 是, 達, は, が, 到, 在, 了, 的, の",
    ),
    (
        Traits::ABOVE,
        "above, over, more than, greater than, better than, higher than, at least, exceeds, exceeding, no less than, uber, plus de, \
         mas de, больше",
    ),
    (
        Traits::BELOW,
        "below, under, less than, lower than, smaller than, at most, within, no more than, beneath, unter, moins de, menos de, меньше",
    ),
    (
        Traits::IF,
        "if, means, until, till, while, unless, whether, when, once, should, must, could, would, may, might, can, cannot, to, target, targets, \
         goal, goals, aim, aims, aiming, try, tries, want, wants, need, needs, check, checks, ensure, ensures, assert, asserts, \
         assume, assumes, suppose, requires, require, required, expected, stop, stops, break, \
         terminate, terminates, converged, please, let, make, why, how, not all, hope, hopes, wenn, falls, si, se, \
         если, 如果, why not, todo, fixme, maybe, perhaps, idea, plan, would be, so that, unlike, lets, allows",
    ),
    (
        Traits::NOT,
        "no, not, without, none, zero, neither, nor, not a single, no single, nothing, hardly, kein, keine, keinen, sans, aucune, aucun, sin, ningun, senza, nessun, sem, nenhum, нет, без, ни одной, 没有, 無, 零, なし, isn't, doesn't, don't, didn't, aren't, wasn't",
    ),
    (Traits::NEVER, "never, nie, jamais, nunca, mai, никогда, 从不, 決して, no longer, not ever, not once"),
    (
        Traits::BY,
        "by, delta, gain, gains, gained, improvement, improvements, improving, difference, added, adds, lifts, lifted, boost, boosts, um, de plus",
    ),
    (Traits::PERCENT.and(Traits::CONTEXT), "percentage points, percentage point, pp"),
    (
        Traits::PERCENT,
        "percent, per cent, pct, percents, prozent, pour cent, por ciento, por cento, per cento, procent, процент*, パーセント, 퍼센트, بالمئة, بالمائة, प्रतिशत",
    ),
    (Traits::RANGE, "between, range, ranges from, in the range, from 0 to"),
    (Traits::PERCENT_OF, "百分之"),
    (Traits::MILLE, "per mille, permille, promille, ‰"),
    (
        Traits::ASIDE,
        "faster, slower, quicker, memory, ram, cpu, chance, chances, probability, likelihood, confidence, quantile, percentile, \
         interval, of the time, of time, time, runtime, fuel, speed, speedup, smaller, larger, bigger, longer, shorter, cheaper, \
         overhead, full, of the budget, budget, utilization, utilisation, margin, slack, load, opacity, width, height, discount, \
         of the capacity, of capacity, tax, growth, trimmed, trim, less memory, less fuel, less time, of the fuel, of the range, range, \
         of the window, of the weight, of the population, population, of the features, of the data, of the training data, of data, \
         of the training set, of the dataset, of the parameters, of the candidates, of the budget, of moves, of the moves",
    ),
    (
        Traits::PERFECT,
        "perfect, perfectly, flawless, flawlessly, faultless, faultlessly, perfekt, parfait, perfecto, perfetto, perfeito, идеальн*, 完美, 満点, 满分, 滿分",
    ),
    (
        Traits::KIND,
        "mean, average, avg, absolute, squared, relative, root, max, maximum, min, minimum, median, test, training, train, \
         validation, val, held-out, final, total, overall, best, current, normalized, normalised, weighted, public, private, further, \
         more, remaining, single, known, observed, make, makes, made, making, produce, produces, contain, contains, prediction, classification, measured, expected, the, a, any, more than, other, such",
    ),
    (Traits::OF, "of, out of, in, from, aus, von, sur, de, su, em, из"),
    (
        Traits::LEFT,
        "left, remain, remains, remaining, anymore, any more, at all, over, whatsoever, ubrig, restantes",
    ),
    (
        Traits::PART,
        "half, halves, third, thirds, quarter, quarters, fifth, fifths, sixth, sixths, seventh, sevenths, eighth, eighths, ninth, ninths, tenth, tenths, hundredth, hundredths",
    ),
    (Traits::ASIDE.and(Traits::UNIT), "of the runtime, of the memory"),
    (
        Traits::UNIT,
        "further candidates, random points, grid points, data points, control points, support points, interpolation points, percentage of the range",
    ),
    (
        Traits::PARAMETER,
        "score threshold, accuracy threshold, error tolerance, error threshold, loss weight, score weight, error bound, training steps, train steps, train/test split, validation split, validation fraction, training fraction, validation share, validation size, train fraction, test fraction, error margin, gap between, gap of, score_threshold, score function version",
    ),
];

/// A word or phrase of the lists in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundWord {
    pub(super) at: Range<usize>,
    pub(super) traits: Traits,
}

/// A word of the lists in plain form.
struct ListedWord {
    traits: Traits,
    /// True if any ending may follow.
    is_stem: bool,
}

/// All words and the automaton that finds them.
struct WordFinder {
    words: Vec<ListedWord>,
    automaton: AhoCorasick,
}

/// Finds words of all lists.
static FINDER: LazyLock<WordFinder> = LazyLock::new(|| {
    let mut known: BTreeMap<(String, bool), Traits> = BTreeMap::new();
    for (traits, words) in WORDS {
        for word in words.split(", ").map(str::trim) {
            let stem = word.strip_suffix('*');
            let entry = known.entry((plain(stem.unwrap_or(word)), stem.is_some())).or_default();
            *entry = entry.and(traits);
        }
    }
    let automaton = AhoCorasick::new(known.keys().map(|(word, _)| word));
    let words = known.iter().map(|((_, is_stem), traits)| ListedWord { traits: *traits, is_stem: *is_stem });
    WordFinder {
        words: words.collect(),
        automaton: automaton.expect("some thousand words fit into an automaton"),
    }
});

/// Returns whether a character belongs to a script that separates words.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Returns whether a character belongs to a script that does not separate words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns the words and phrases of a text in plain form that begin and end with words, the longest at each place, in order.
pub(super) fn find(text: &str) -> Vec<FoundWord> {
    work::count(text.len());
    let mut found: Vec<FoundWord> = Vec::new();
    // The letters behind a stem. Matches come in the order of their ends, so a later stem in the same letters ends where they do.
    let mut letters = 0..0;
    for one in FINDER.automaton.find_overlapping_iter(text) {
        work::count(1);
        let (at, word) = (one.start()..one.end(), &FINDER.words[one.pattern().as_usize()]);
        let edge = |before: Option<char>, after: Option<char>| {
            !(before.is_some_and(is_letter) && after.is_some_and(is_letter))
        };
        let (first, last) = (text[at.clone()].chars().next(), text[at.clone()].chars().next_back());
        let before = text[..at.start].chars().next_back();
        // A unit may follow its number at once.
        let begins = edge(before, first) || before.is_some_and(|c| c.is_ascii_digit());
        if begins && (word.is_stem || edge(last, text[at.end..].chars().next())) {
            if word.is_stem && at.end > letters.end {
                let ending = text[at.end..].find(|c| !is_letter(c)).unwrap_or(text.len() - at.end);
                work::count(ending);
                letters = at.end..at.end + ending;
            }
            let end = if word.is_stem { letters.end } else { at.end };
            found.push(FoundWord { at: at.start..end, traits: word.traits });
        }
    }
    found.sort_by_key(|one| (one.at.start, std::cmp::Reverse(one.at.end)));
    let mut end = 0;
    found.retain(|one| {
        let is_next = one.at.start >= end;
        if is_next {
            end = one.at.end;
        }
        is_next
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_whole_words_are_found() {
        let read = |text: &str| -> Vec<String> {
            find(text).into_iter().map(|one| text[one.at].to_owned()).collect()
        };
        assert_eq!(read("learning rate 0.25 while training"), ["learning rate", "while", "training"]);
        assert_eq!(read("scoreboards xscore val_score score_x"), ["val_score", "score", "x"]);
        assert_eq!(read("准确率达到97%"), ["准确率", "达到"]);
        assert_eq!(find(&plain("точностью")).len(), 1);
    }
}
