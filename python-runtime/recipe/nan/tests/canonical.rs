//! A module computes the same whatever bits a processor gives to NaN.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod programs;

use hyperspace_canonical_nan::{CanonicalNanError, canonical, is_canonical, scramble, verify};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use wasmtime::{Config, Engine, Instance, Module, Store};

/// Runs a module, and returns its memory.
fn run(wasm: &[u8], canonical_by_compiler: bool) -> Vec<u8> {
    let mut settings = Config::new();
    settings.cranelift_nan_canonicalization(canonical_by_compiler).relaxed_simd_deterministic(true);
    let engine = Engine::new(&settings).unwrap();
    let module = Module::new(&engine, wasm).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    instance.get_typed_func::<(), ()>(&mut store, "run").unwrap().call(&mut store, ()).unwrap();
    instance.get_memory(&mut store, "memory").unwrap().data(&store)[..programs::BYTES].to_vec()
}

fn made(text: &str) -> usize {
    canonical(&wat::parse_str(text).unwrap()).unwrap().made
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn bits_of_nan_that_are_not_made_canonical_make_no_difference(bytes in proptest::collection::vec(any::<u8>(), 50..600)) {
        let text = programs::module(&mut programs::Draw::new(&bytes));
        let wasm = wat::parse_str(&text).unwrap();
        let module = canonical(&wasm).unwrap();
        verify(&module.wasm).unwrap();
        let expected = run(&module.wasm, false);
        prop_assert_eq!(&expected, &run(&scramble(&wasm).unwrap().wasm, false), "{}", text);
    }
}

#[test]
fn programs_show_the_bits_of_nan_if_nothing_is_made_canonical() {
    // What the property above is worth: without the pass, bits of NaN do make a difference in many of the programs.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut different = 0;
    for _ in 0..60 {
        let bytes = proptest::collection::vec(any::<u8>(), 300..600);
        let bytes = bytes.new_tree(&mut runner).unwrap().current();
        let wasm = wat::parse_str(programs::module(&mut programs::Draw::new(&bytes))).unwrap();
        different += usize::from(run(&wasm, false) != run(&wasm, true));
    }
    assert!(different > 5, "{different} of 60");
}

#[test]
fn a_nan_keeps_its_sign_in_another_width() {
    let text = r#"(module (memory (export "memory") 1) (func (export "run")
        (f32.store (i32.const 0) (f32.demote_f64 (f64.reinterpret_i64 (i64.const 0xfff8000020000000))))
        (f64.store (i32.const 8) (f64.promote_f32 (f32.reinterpret_i32 (i32.const 0xffc00001))))
        (f32.store (i32.const 16) (f32.demote_f64 (f64.sqrt (f64.const -1))))))"#;
    let module = canonical(&wat::parse_str(text).unwrap()).unwrap();
    assert_eq!(module.made, 1, "the root of -1 has the bits that the processor gives it");
    let memory = run(&module.wasm, false);
    assert_eq!(memory[..4], 0xffc0_0001_u32.to_le_bytes());
    assert_eq!(memory[8..16], 0xfff8_0000_2000_0000_u64.to_le_bytes());
    assert_eq!(memory[16..20], 0x7fc0_0000_u32.to_le_bytes());
}

#[test]
fn only_values_whose_bits_are_seen_are_made_canonical() {
    // A sum of products in a variable: one value, where it is stored, and not two operations in each round.
    let sum = r#"(module (memory 1) (func (export "run") (local $sum v128) (local $i i32)
        (loop $next
          (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (v128.load (local.get $i)) (v128.load (local.get $i)))))
          (local.set $i (i32.add (local.get $i) (i32.const 16)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 160))))
        (v128.store (i32.const 0) (local.get $sum))))"#;
    assert_eq!(made(sum), 1);
    let copy =
        r#"(module (memory 1) (func (export "run") (f64.store (i32.const 0) (f64.load (i32.const 8)))))"#;
    assert_eq!(made(copy), 0, "what is copied keeps its bits");
    let compared = r#"(module (memory 1) (func (export "run") (local $x f64)
        (local.set $x (f64.sqrt (f64.load (i32.const 0))))
        (i32.store (i32.const 8) (f64.lt (local.get $x) (f64.const 1)))))"#;
    assert_eq!(made(compared), 0, "a comparison does not show bits");
}

#[test]
fn an_integer_that_shares_a_variable_with_numbers_is_never_taken_for_a_nan() {
    let text = r#"(module (memory (export "memory") 1) (func (export "run") (local $v v128) (local $i i32)
        (loop $next
          (if (local.get $i)
            (then (local.set $v (i64x2.add (v128.const i64x2 0x7ff0000000000001 0x7ff8000000001234) (v128.const i64x2 1 1))))
            (else (local.set $v (f64x2.sqrt (v128.const f64x2 -1 4)))))
          (if (local.get $i) (then (v128.store (i32.const 16) (local.get $v))) (else (v128.store (i32.const 0) (local.get $v))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 2))))))"#;
    let module = canonical(&wat::parse_str(text).unwrap()).unwrap();
    let memory = run(&module.wasm, false);
    let number = |at: usize| u64::from_le_bytes(memory[at..at + 8].try_into().unwrap());
    assert_eq!([number(0), number(8)], [0x7ff8_0000_0000_0000, 2_f64.to_bits()]);
    assert_eq!([number(16), number(24)], [0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_1235]);
}

#[test]
fn what_is_not_canonical_is_found_and_named() {
    let wasm = wat::parse_str(
        r#"(module (memory 1) (func (export "run") (f64.store (i32.const 0) (f64.sqrt (f64.load (i32.const 0))))))"#,
    );
    let wasm = wasm.unwrap();
    assert!(!is_canonical(&wasm));
    assert!(matches!(verify(&wasm), Err(CanonicalNanError::Visible { function: 0, .. })));
    let module = canonical(&wasm).unwrap();
    assert!(is_canonical(&module.wasm));
    verify(&module.wasm).unwrap();
    assert!(matches!(canonical(&module.wasm), Err(CanonicalNanError::Again)));
}

#[test]
fn what_could_hide_a_nan_is_refused() {
    for (text, place) in [
        (r#"(module (import "host" "f" (func (param f64))))"#, "the import f"),
        (r#"(module (func (export "f") (result f64) (f64.const 0)))"#, "the export f"),
        (r#"(module (global (mut f64) (f64.const 0)))"#, "a global"),
        (r#"(module (func (result f64 f64) (f64.const 0) (f64.const 0)))"#, "function 0"),
        (r#"(module (func (i32.const 0) (block (param i32) (drop))))"#, "function 0"),
    ] {
        let error = canonical(&wat::parse_str(text).unwrap()).err().unwrap().to_string();
        assert!(error.starts_with(place), "{error}");
    }
    assert!(matches!(canonical(b"\0asm\x01\0\0\0\xff"), Err(CanonicalNanError::Invalid(_))));
}

#[test]
fn the_science_runtime_is_canonical() {
    let module = hyperspace_python::science::module_wasm();
    assert!(is_canonical(&module));
    verify(&module).unwrap();
    let plain = hyperspace_python::module_wasm();
    assert!(
        matches!(verify(&plain), Err(CanonicalNanError::Visible { .. })),
        "the plain one leaves it to the compiler"
    );
}
