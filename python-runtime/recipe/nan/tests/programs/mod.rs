//! Random programs that compute with numbers and look at their bits, as WebAssembly text.

use std::fmt::Write as _;

/// Draws from the bytes of a test case; zeros when they are used up.
pub(crate) struct Draw<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Variables of each type, in the order of their declaration: f64, f32, v128, i32.
const VARIABLES: usize = 3;
/// The bytes of memory that loads and stores reach.
pub(crate) const BYTES: usize = 256;
/// Special values, and bits that a processor does not give to a NaN.
const NUMBERS: [&str; 9] = ["0", "-0", "1", "-1.5", "inf", "-inf", "nan", "-nan", "3e300"];

/// Returns a module that exports its memory, which holds numbers, and the function `run`.
pub(crate) fn module(draw: &mut Draw<'_>) -> String {
    let mut body = String::new();
    for _ in 0..6 {
        statement(draw, 3, &mut body);
    }
    let result = f64_value(draw, 2);
    let passed = f64_value(draw, 1);
    format!(
        r#"(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\00\00\00\00\00\f0\7f\00\00\00\00\00\00\f0\ff\01\00\00\00\00\00\f8\7f\00\00\00\00\00\00\f0\3f")
  (data (i32.const 32) "\00\00\80\7f\00\00\80\ff\01\00\c0\7f\00\00\80\3f\ff\ff\ff\ff\ff\ff\ff\ff")
  (func $vector (param $x v128) (result v128) (f64x2.mul (local.get $x) (local.get $x)))
  (func $scalar (param $x f64) (param $y f32) (result f64)
    (if (result f64) (f64.lt (local.get $x) (f64.promote_f32 (local.get $y)))
      (then (f64.sub (local.get $x) (local.get $x))) (else {passed_on})))
  (func (export "run")
    (local $d0 f64) (local $d1 f64) (local $d2 f64) (local $s0 f32) (local $s1 f32) (local $s2 f32)
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $i0 i32) (local $i1 i32) (local $i2 i32) (local $n i32)
{body}
    (f64.store (i32.const 248) {result})
    (f64.store (i32.const 240) (call $scalar {passed} (local.get $s0)))))"#,
        passed_on = "(local.get $x)",
    )
}

fn address(draw: &mut Draw<'_>, size: usize) -> usize {
    draw.below((BYTES - 16) / size) * size
}

fn statement(draw: &mut Draw<'_>, depth: usize, out: &mut String) {
    let at = draw.below(VARIABLES);
    let text = match draw.below(if depth == 0 { 9 } else { 12 }) {
        0 | 1 => format!("(local.set $d{at} {})", f64_value(draw, depth)),
        2 => format!("(local.set $s{at} {})", f32_value(draw, depth)),
        3 | 4 => format!("(local.set $v{at} {})", v128_value(draw, depth)),
        5 => format!("(local.set $i{at} {})", i32_value(draw, depth)),
        6 => format!("(f64.store (i32.const {}) {})", address(draw, 8), f64_value(draw, depth)),
        7 => format!("(f32.store (i32.const {}) {})", address(draw, 4), f32_value(draw, depth)),
        8 => format!("(v128.store (i32.const {}) {})", address(draw, 16), v128_value(draw, depth)),
        9 => {
            let (mut yes, mut no) = (String::new(), String::new());
            statement(draw, depth - 1, &mut yes);
            statement(draw, depth - 1, &mut no);
            format!("(if {} (then {yes}) (else {no}))", i32_value(draw, 1))
        }
        10 => {
            let mut inner = String::new();
            for _ in 0..2 {
                statement(draw, depth - 1, &mut inner);
            }
            // Loops within loops share the counter, which only grows.
            format!(
                "(block $out (loop $head {inner} (local.set $n (i32.add (local.get $n) (i32.const 1)))
                   (br_if $out (i32.gt_s (local.get $n) (i32.const 40))) (br_if $head {})))",
                i32_value(draw, 1)
            )
        }
        _ => {
            let mut inner = String::new();
            statement(draw, depth - 1, &mut inner);
            format!("(block $b (br_if $b {}) {inner})", i32_value(draw, 1))
        }
    };
    let _ = writeln!(out, "    {text}");
}

fn f64_value(draw: &mut Draw<'_>, depth: usize) -> String {
    if depth == 0 {
        return match draw.below(3) {
            0 => format!("(f64.const {})", draw.of(&NUMBERS)),
            1 => format!("(local.get $d{})", draw.below(VARIABLES)),
            _ => format!("(f64.load (i32.const {}))", address(draw, 8)),
        };
    }
    match draw.below(14) {
        0..=3 => {
            let of = draw.of(&["add", "sub", "mul", "div", "min", "max", "copysign"]);
            format!("(f64.{of} {} {})", f64_value(draw, depth - 1), f64_value(draw, depth - 1))
        }
        4 | 5 => {
            let of = draw.of(&["neg", "abs", "sqrt", "ceil", "nearest"]);
            format!("(f64.{of} {})", f64_value(draw, depth - 1))
        }
        6 => format!("(f64.promote_f32 {})", f32_value(draw, depth - 1)),
        7 => format!("(f64x2.extract_lane {} {})", draw.below(2), v128_value(draw, depth - 1)),
        8 => {
            let (a, b) = (f64_value(draw, depth - 1), f64_value(draw, depth - 1));
            format!("(select {a} {b} {})", i32_value(draw, depth - 1))
        }
        9 => format!("(local.tee $d{} {})", draw.below(VARIABLES), f64_value(draw, depth - 1)),
        10 => format!("(call $scalar {} {})", f64_value(draw, depth - 1), f32_value(draw, depth - 1)),
        11 => format!(
            "(f64.reinterpret_i64 (i64.add (i64.reinterpret_f64 {}) (i64.const 1)))",
            f64_value(draw, depth - 1)
        ),
        12 => {
            let (a, b) = (f64_value(draw, depth - 1), f64_value(draw, depth - 1));
            format!("(if (result f64) {} (then {a}) (else {b}))", i32_value(draw, depth - 1))
        }
        _ => f64_value(draw, 0),
    }
}

fn f32_value(draw: &mut Draw<'_>, depth: usize) -> String {
    if depth == 0 {
        return match draw.below(3) {
            0 => format!("(f32.const {})", draw.of(&NUMBERS[..8])),
            1 => format!("(local.get $s{})", draw.below(VARIABLES)),
            _ => format!("(f32.load (i32.const {}))", address(draw, 4)),
        };
    }
    match draw.below(6) {
        0 | 1 => {
            let of = draw.of(&["add", "sub", "mul", "div", "min", "max", "copysign"]);
            format!("(f32.{of} {} {})", f32_value(draw, depth - 1), f32_value(draw, depth - 1))
        }
        2 => format!("(f32.demote_f64 {})", f64_value(draw, depth - 1)),
        3 => format!("(f32x4.extract_lane {} {})", draw.below(4), v128_value(draw, depth - 1)),
        4 => {
            let of = draw.of(&["neg", "abs", "sqrt"]);
            format!("(f32.{of} {})", f32_value(draw, depth - 1))
        }
        _ => f32_value(draw, 0),
    }
}

fn v128_value(draw: &mut Draw<'_>, depth: usize) -> String {
    if depth == 0 {
        return match draw.below(3) {
            0 => "(v128.const i32x4 0x7ff00000 0xfff80001 0x7fc00000 -1)".to_owned(),
            1 => format!("(local.get $v{})", draw.below(VARIABLES)),
            _ => format!("(v128.load (i32.const {}))", address(draw, 16)),
        };
    }
    let of = draw.of(&[
        "f64x2.add",
        "f64x2.mul",
        "f64x2.sub",
        "f64x2.div",
        "f64x2.max",
        "f64x2.pmin",
        "f32x4.add",
        "f32x4.mul",
        "f32x4.sub",
        "f32x4.pmax",
        "f64x2.eq",
        "f32x4.lt",
        "i64x2.add",
        "i32x4.sub",
        "v128.xor",
        "v128.and",
    ]);
    match draw.below(12) {
        0..=3 => format!("({of} {} {})", v128_value(draw, depth - 1), v128_value(draw, depth - 1)),
        4 => {
            let of = draw.of(&[
                "f64x2.neg",
                "f32x4.abs",
                "f64x2.sqrt",
                "f64x2.promote_low_f32x4",
                "f32x4.demote_f64x2_zero",
                "i32x4.trunc_sat_f32x4_s",
            ]);
            format!("({of} {})", v128_value(draw, depth - 1))
        }
        5 => format!("(f64x2.splat {})", f64_value(draw, depth - 1)),
        6 => {
            let lane = draw.below(2);
            format!(
                "(f64x2.replace_lane {lane} {} {})",
                v128_value(draw, depth - 1),
                f64_value(draw, depth - 1)
            )
        }
        7 => {
            let lanes = draw.of(&[
                "8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
                "4 5 6 7 0 1 2 3 28 29 30 31 24 25 26 27",
                "1 0 3 2 5 4 7 6 9 8 11 10 13 12 15 14",
            ]);
            format!("(i8x16.shuffle {lanes} {} {})", v128_value(draw, depth - 1), v128_value(draw, depth - 1))
        }
        8 => {
            let mask = draw.of(&["f64x2.lt", "f32x4.ne", "i64x2.eq"]);
            let (a, b) = (v128_value(draw, depth - 1), v128_value(draw, depth - 1));
            let (c, d) = (v128_value(draw, depth - 1), v128_value(draw, depth - 1));
            format!("(v128.bitselect {a} {b} ({mask} {c} {d}))")
        }
        9 => format!("(local.tee $v{} {})", draw.below(VARIABLES), v128_value(draw, depth - 1)),
        10 => format!("(call $vector {})", v128_value(draw, depth - 1)),
        _ => {
            let (a, b) = (v128_value(draw, depth - 1), v128_value(draw, depth - 1));
            format!("(select {a} {b} {})", i32_value(draw, depth - 1))
        }
    }
}

fn i32_value(draw: &mut Draw<'_>, depth: usize) -> String {
    if depth == 0 {
        return format!("(local.get $i{})", draw.below(VARIABLES));
    }
    match draw.below(6) {
        0 => format!("(f64.lt {} {})", f64_value(draw, depth - 1), f64_value(draw, depth - 1)),
        1 => format!("(f32.ne {} {})", f32_value(draw, depth - 1), f32_value(draw, depth - 1)),
        2 => format!("(i32.reinterpret_f32 {})", f32_value(draw, depth - 1)),
        3 => format!("(i32.trunc_sat_f64_s {})", f64_value(draw, depth - 1)),
        4 => format!("(v128.any_true {})", v128_value(draw, depth - 1)),
        _ => format!("(i32.const {})", draw.below(2)),
    }
}
