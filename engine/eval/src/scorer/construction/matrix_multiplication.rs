//! `matrix-multiplication`: the smallest number of products with which an n × m matrix is multiplied by an m × p matrix.
//!
//! `decompose(n, m, p)` returns `[U, V, W]`, each a list with one row per product: the coefficients of the entries of A, of B and of
//! C = AB, row by row. Product r is (Σ U[r][a] A[a]) × (Σ V[r][b] B[b]), and C[c] is the sum of all products times W[r][c]. The
//! identity is verified as an equality of tensors in integers; coefficients are multiples of 1/2, complex ones `[re, im]` if the
//! parameter `coefficients` is `"complex"`. The score is the number of products.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Invocation, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Maximum magnitude of a coefficient: sums of all products of three stay below 2^127.
const COEFFICIENT_MAX: i64 = 1 << 20;

/// Work of the product of two complex numbers.
const PRODUCT_UNITS: u64 = 4;

/// A doubled Gaussian number: a multiple of 1/2 as an integer, with real and imaginary part.
type Doubled = [i128; 2];

#[derive(Debug)]
struct MatrixMultiplication {
    n: usize,
    m: usize,
    p: usize,
    coefficients: &'static str,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    let mut size = |key| parameters.size(key, 1..=5);
    let (n, m, p) = (size("n")?, size("m")?, size("p")?);
    let coefficients = parameters.choice("coefficients", &["integer", "half-integer", "complex"])?;
    Ok(Arc::new(MatrixMultiplication { n, m, p, coefficients }))
}

impl Instance for MatrixMultiplication {
    fn invocation(&self) -> Invocation {
        Invocation::Once(vec![json!(self.n), json!(self.m), json!(self.p)])
    }

    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let (n, m, p) = (self.n, self.m, self.p);
        let parts = read::list(answer, "answer", 3..=3, "factors [U, V, W]")?;
        let factor = |index: usize, name: &str, width| self.factor(&parts[index], name, width);
        let (u, v, w) = (factor(0, "U", n * m)?, factor(1, "V", m * p)?, factor(2, "W", n * p)?);
        if u.len() != v.len() || u.len() != w.len() {
            let found = format!("{}, {} and {}", u.len(), v.len(), w.len());
            return Err(InvalidAnswer::new("answer", "as many rows in U, V and W", found));
        }
        for a in 0..n * m {
            for b in 0..m * p {
                // One product for each row and pair, and one for each of their entries of C.
                work.spend(PRODUCT_UNITS * (u.len() * (n * p + 1)) as u64)?;
                let pairs: Vec<Doubled> = u.iter().zip(&v).map(|(u, v)| product(u[a], v[b])).collect();
                for c in 0..n * p {
                    let is_one = a % m == b / p && a / m == c / p && b % p == c % p;
                    let sum = pairs
                        .iter()
                        .zip(&w)
                        .map(|(pair, w)| product(*pair, w[c]))
                        .fold([0, 0], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
                    if sum != [8 * i128::from(is_one), 0] {
                        let place = format!("C{} for A{} and B{}", entry(c, p), entry(a, m), entry(b, p));
                        let shown =
                            |part: i128| Score::ratio(part, 8).unwrap_or_else(Score::zero).to_string();
                        let found = format!("{} + {}i", shown(sum[0]), shown(sum[1]));
                        return Err(InvalidAnswer::new(place, i128::from(is_one).to_string(), found));
                    }
                }
            }
        }
        Ok(Measure::of(Score::integer(u.len())))
    }
}

/// Returns an entry's row and column, counted from zero.
fn entry(index: usize, columns: usize) -> String {
    format!("[{}][{}]", index / columns, index % columns)
}

fn product(x: Doubled, y: Doubled) -> Doubled {
    [x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]]
}

impl MatrixMultiplication {
    fn factor(&self, value: &Value, name: &str, width: usize) -> Result<Vec<Vec<Doubled>>, InvalidAnswer> {
        // There is no use for more products than the schoolbook method has.
        let rows = read::list(value, name, 1..=self.n * self.m * self.p, "rows, one per product")?;
        let row = |(index, row): (usize, &Value)| {
            let place = format!("row {index} of {name}");
            let list = read::list(row, &place, width..=width, "coefficients")?;
            list.iter().map(|value| self.coefficient(value, &place)).collect()
        };
        rows.iter().enumerate().map(row).collect()
    }

    fn coefficient(&self, value: &Value, place: &str) -> Result<Doubled, InvalidAnswer> {
        match value.as_array().map(Vec::as_slice) {
            Some([re, im]) if self.coefficients == "complex" => {
                Ok([self.part(re, place)?, self.part(im, place)?])
            }
            _ => Ok([self.part(value, place)?, 0]),
        }
    }

    fn part(&self, value: &Value, place: &str) -> Result<i128, InvalidAnswer> {
        let step = if self.coefficients == "integer" { "whole numbers" } else { "multiples of 1/2" };
        let refused = || {
            InvalidAnswer::quoting(place, format!("{step}, -{COEFFICIENT_MAX} to {COEFFICIENT_MAX}"), value)
        };
        let doubled = &read::number(value, place)? * &Score::integer(2);
        let whole = doubled.as_rational().is_integer().then(|| doubled.as_rational().to_integer());
        let whole = whole.and_then(|whole| i128::try_from(whole).ok()).ok_or_else(refused)?;
        let fits = whole.abs() <= 2 * i128::from(COEFFICIENT_MAX)
            && (self.coefficients != "integer" || whole % 2 == 0);
        if fits { Ok(whole) } else { Err(refused()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(sizes: [usize; 3], coefficients: &'static str, answer: &Value) -> Result<Score, InvalidAnswer> {
        let [n, m, p] = sizes;
        MatrixMultiplication { n, m, p, coefficients }.verify(answer).map(|measure| measure.amount)
    }

    /// Strassen's seven products.
    fn strassen() -> [Vec<[f64; 4]>; 3] {
        let u = [
            [1, 0, 0, 1],
            [0, 0, 1, 1],
            [1, 0, 0, 0],
            [0, 0, 0, 1],
            [1, 1, 0, 0],
            [-1, 0, 1, 0],
            [0, 1, 0, -1],
        ];
        let v = [
            [1, 0, 0, 1],
            [1, 0, 0, 0],
            [0, 1, 0, -1],
            [-1, 0, 1, 0],
            [0, 0, 0, 1],
            [1, 1, 0, 0],
            [0, 0, 1, 1],
        ];
        let w = [
            [1, 0, 0, 1],
            [0, 0, 1, -1],
            [0, 1, 0, 1],
            [1, 0, 1, 0],
            [-1, 1, 0, 0],
            [0, 0, 0, 1],
            [1, 0, 0, 0],
        ];
        [u, v, w].map(|rows| rows.map(|row| row.map(f64::from)).to_vec())
    }

    #[test]
    fn strassen_needs_seven() {
        assert_eq!(verify([2, 2, 2], "integer", &json!(strassen())), Ok(Score::integer(7)));
        let [mut u, mut v, w] = strassen();
        u[0] = u[0].map(|x| x / 2.0);
        v[0] = v[0].map(|x| x * 2.0);
        let halves = json!([u, v, w]);
        assert_eq!(verify([2, 2, 2], "half-integer", &halves), Ok(Score::integer(7)));
        assert!(verify([2, 2, 2], "integer", &halves).is_err());
        u[0] = u[0].map(|x| x / 2.0);
        v[0] = v[0].map(|x| x * 2.0);
        assert!(verify([2, 2, 2], "complex", &json!([u, v, w])).is_err(), "quarters are no coefficients");
    }

    #[test]
    fn complex_coefficients_multiply_as_such() {
        let one = |x: [i32; 2], y: [i32; 2], z: [i32; 2]| json!([[[x]], [[y]], [[z]]]);
        assert_eq!(verify([1, 1, 1], "complex", &one([0, 1], [0, 1], [-1, 0])), Ok(Score::one()));
        assert!(verify([1, 1, 1], "complex", &one([0, 1], [0, 1], [1, 0])).is_err());
        assert!(
            verify([1, 1, 1], "half-integer", &one([1, 0], [1, 0], [1, 0])).is_err(),
            "only where they are allowed"
        );
    }

    #[test]
    fn empty_and_almost_right_factors_are_refused() {
        let [u, v, w] = strassen();
        let mut wrong = w.clone();
        wrong[3][1] = 0.5;
        for answer in [
            json!([[], [], []]),
            json!([]),
            json!({"rank": 1e-9}),
            json!([u, v, wrong]),
            json!([u[..6], v[..6], w[..6]]),
            json!([u, v, w[..6]]),
            json!([[[0, 0, 0, 0]], [[0, 0, 0, 0]], [[0, 0, 0, 0]]]),
            json!([vec![[1, 0, 0, 0]; 9], vec![[1, 0, 0, 0]; 9], vec![[1, 0, 0, 0]; 9]]),
            json!([[[f64::NAN, 0, 0, 1]], [[1, 0, 0, 0]], [[1, 0, 0, 0]]]),
            json!([[[1 << 21, 0, 0, 1]], [[1, 0, 0, 0]], [[1, 0, 0, 0]]]),
        ] {
            assert!(verify([2, 2, 2], "half-integer", &answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn the_schoolbook_works_for_all_sizes() {
        for sizes in [[1, 1, 1], [2, 3, 1], [2, 4, 5], [3, 3, 3]] {
            let [n, m, p] = sizes;
            let unit =
                |width: usize, at: usize| (0..width).map(|index| i32::from(index == at)).collect::<Vec<_>>();
            let mut factors = [vec![], vec![], vec![]];
            for (i, (j, k)) in (0..n).flat_map(|i| (0..m).flat_map(move |j| (0..p).map(move |k| (i, (j, k)))))
            {
                factors[0].push(unit(n * m, i * m + j));
                factors[1].push(unit(m * p, j * p + k));
                factors[2].push(unit(n * p, i * p + k));
            }
            assert_eq!(verify(sizes, "integer", &json!(factors)), Ok(Score::integer(n * m * p)));
        }
    }
}
