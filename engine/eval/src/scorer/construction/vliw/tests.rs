use serde_json::{Value, json};

use super::inputs::{Inputs, KernelSizes, hash};
use super::model::{self, State};
use super::{VliwMachine, VliwProgram};
use crate::scorer::construction::Instance;
use crate::scorer::construction::keyed_numbers::KeyedNumbers;
use crate::scorer::{WORK_MAX, WorkMeter};

const MEMORY: [u32; 40] = {
    let mut memory = [0; 40];
    let mut at = 0;
    while at < 40 {
        memory[at] = 1_000 + at as u32;
        at += 1;
    }
    memory
};

/// Runs a program on both machines, compares all of their state, and returns cycles and scratch; `None` if both refuse it.
fn both(program: &Value) -> Option<(u64, Vec<u32>)> {
    let read = VliwProgram::read(program).unwrap_or_else(|error| panic!("{error}: {program}"));
    let mut machine = VliwMachine::new(MEMORY.to_vec());
    let result = machine.run(&read, 10_000);
    let simple = model::run(program, &MEMORY);
    let Some((cycles, State { scratch, memory })) = simple else {
        assert!(result.is_err(), "the model refuses {program}");
        return None;
    };
    assert_eq!(result.as_ref().map(|cycles| i128::from(*cycles)), Ok(cycles), "{program}");
    for (word, value) in machine.scratch().iter().enumerate() {
        assert_eq!(
            i128::from(*value),
            scratch.get(&(word as i128)).copied().unwrap_or(0),
            "scratch {word} of {program}"
        );
    }
    assert_eq!(
        machine.memory().iter().map(|word| i128::from(*word)).collect::<Vec<_>>(),
        memory.into_values().collect::<Vec<_>>()
    );
    result.ok().map(|cycles| (cycles, machine.scratch().to_vec()))
}

/// Returns a program that loads constants into scratch words 0, 1, …, one per bundle, followed by the given bundles.
fn with(constants: &[i64], rest: Value) -> Value {
    let mut all: Vec<Value> =
        constants.iter().enumerate().map(|(word, value)| json!({"load": [["const", word, value]]})).collect();
    all.extend(rest.as_array().unwrap().clone());
    json!(all)
}

#[test]
fn every_arithmetic_operation_gives_what_is_written_here() {
    let check = |op: &str, a: i64, b: i64, expected: u32| {
        let (cycles, scratch) = both(&with(&[a, b], json!([{"alu": [[op, 2, 0, 1]]}]))).unwrap();
        assert_eq!((cycles, scratch[2]), (3, expected), "{a} {op} {b}");
        let vectors = with(
            &[a, b],
            json!([{"valu": [["vbroadcast", 10, 0], ["vbroadcast", 20, 1]]}, {"valu": [[op, 30, 10, 20]]}]),
        );
        assert_eq!(both(&vectors).unwrap().1[30..38], [expected; 8], "{a} {op} {b} in vectors");
    };
    check("+", 4_294_967_295, 2, 1);
    check("-", 1, 2, u32::MAX);
    check("*", 65_536, 65_537, 65_536);
    check("//", 7, 2, 3);
    check("cdiv", 7, 2, 4);
    check("cdiv", 4_294_967_295, 2, 2_147_483_648);
    check("^", 6, 3, 5);
    check("&", 6, 3, 2);
    check("|", 6, 3, 7);
    check("<<", 3, 31, 1 << 31);
    check("<<", 3, 32, 0);
    check(">>", -1, 31, 1);
    check(">>", -1, 40, 0);
    check("%", 7, 4, 3);
    check("<", 1, 2, 1);
    check("<", -1, 2, 0);
    check("==", 5, 5, 1);
    check("==", 5, 6, 0);
    for op in ["//", "%", "cdiv"] {
        assert_eq!(both(&with(&[7, 0], json!([{"alu": [[op, 2, 0, 1]]}]))), None, "{op} by zero");
    }
}

#[test]
fn loads_stores_and_flow_do_what_is_written_here() {
    let last = |program: Value, word: usize| both(&program).unwrap().1[word];
    assert_eq!(last(with(&[5], json!([{"load": [["load", 1, 0]]}])), 1), 1_005);
    assert_eq!(
        last(with(&[0, 0, 7], json!([{"load": [["load_offset", 10, 0, 2]]}])), 12),
        1_007,
        "the address is in word 0 + 2"
    );
    assert_eq!(
        both(&with(&[32], json!([{"load": [["vload", 8, 0]]}]))).unwrap().1[8..16],
        [1032, 1033, 1034, 1035, 1036, 1037, 1038, 1039]
    );
    assert_eq!(both(&with(&[33], json!([{"load": [["vload", 8, 0]]}]))), None, "one word too far");
    assert_eq!(both(&with(&[40], json!([{"load": [["load", 1, 0]]}]))), None);
    assert_eq!(both(&with(&[40], json!([{"store": [["store", 0, 0]]}]))), None);
    let stored = json!([{"store": [["store", 0, 1]]}, {"load": [["load", 2, 0]]}]);
    assert_eq!(last(with(&[3, 99], stored), 2), 99);
    let vstored = json!([{"valu": [["vbroadcast", 8, 1]]}, {"store": [["vstore", 0, 8]]}, {"load": [["vload", 20, 0]]}]);
    assert_eq!(last(with(&[3, 99], vstored), 27), 99);
    assert_eq!(last(with(&[0, 5, 6], json!([{"flow": [["select", 3, 0, 1, 2]]}])), 3), 6);
    assert_eq!(last(with(&[9, 5, 6], json!([{"flow": [["select", 3, 0, 1, 2]]}])), 3), 5);
    assert_eq!(last(with(&[9], json!([{"flow": [["add_imm", 1, 0, -10]]}])), 1), u32::MAX);
    assert_eq!(last(with(&[9], json!([{"flow": [["coreid", 0]]}])), 0), 0);
    let multiply = json!([{"valu": [["vbroadcast", 8, 0], ["vbroadcast", 16, 1]]}, {"valu": [["multiply_add", 24, 8, 8, 16]]}]);
    assert_eq!(last(with(&[100_000, 3], multiply), 24), 1_410_065_411);
    assert_eq!(
        both(&with(
            &[1],
            json!([{"flow": [["pause"]]}, {"flow": [["trace_write", 0]]}, {"debug": [["anything"]]}, {}])
        ))
        .unwrap()
        .0,
        3
    );
    assert_eq!(
        both(&with(&[1], json!([{"flow": [["halt"]]}, {"load": [["const", 5, 5]]}]))).unwrap().1[5],
        0
    );
    assert_eq!(both(&json!([{"flow": [["jump", 0]]}])), None, "endless");
    assert_eq!(both(&json!([{"flow": [["jump", 9]]}])), None, "behind the end");
    assert_eq!(both(&with(&[1], json!([{"flow": [["cond_jump_rel", 0, -5]]}]))), None);
}

#[test]
fn all_slots_of_a_bundle_read_before_one_writes() {
    let swap = json!([{"alu": [["+", 0, 1, 2], ["+", 1, 0, 2]]}]);
    assert_eq!(both(&with(&[7, 9, 0], swap)).unwrap().1[..2], [9, 7]);
    let stale = json!([{"store": [["store", 0, 1]], "load": [["load", 2, 0]]}]);
    assert_eq!(both(&with(&[3, 99], stale)).unwrap().1[2], 1_003, "the load sees the old word");
    let twice = json!([{"alu": [["+", 0, 1, 1]], "load": [["const", 0, 1]]}]);
    assert_eq!(both(&twice), None, "two writes to one word");
    let jump =
        json!([{"load": [["const", 0, 1]], "flow": [["cond_jump", 0, 3]]}, {"load": [["const", 5, 5]]}, {}]);
    assert_eq!(both(&jump).unwrap().1[5], 5, "the condition is the old word");
}

#[test]
fn a_text_is_the_same_program_as_data() {
    let text = json!(
        "load const 0 10; load const 1 0\n\nalu + 1 1 0;flow add_imm 0 0 -1\n  flow cond_jump_rel 0 -2 ;\ndebug anything\n"
    );
    let data = json!([
        {"load": [["const", 0, 10], ["const", 1, 0]]},
        {},
        {"alu": [["+", 1, 1, 0]], "flow": [["add_imm", 0, 0, -1]]},
        {"flow": [["cond_jump_rel", 0, -2]]},
        {"debug": [["anything"]]},
    ]);
    assert_eq!(VliwProgram::read(&text), VliwProgram::read(&data));
    assert_eq!(both(&data).unwrap().0, 1 + 2 * 10);
    for wrong in [
        "",
        " \n",
        "alu",
        "alu +",
        "alu + 1 2 x",
        "gpu + 1 2 3",
        "alu + 1 2 99999999999999999999",
        "flow halt; flow halt",
        "+ 1 2 3",
    ] {
        assert!(VliwProgram::read(&json!(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_loop_counts_its_cycles() {
    // Ten times: add the counter to a sum, count down, jump while it is not zero.
    let program = with(
        &[10, 0],
        json!([{"alu": [["+", 1, 1, 0]], "flow": [["add_imm", 0, 0, -1]]}, {"flow": [["cond_jump_rel", 0, -2]]}]),
    );
    let (cycles, scratch) = both(&program).unwrap();
    assert_eq!((cycles, scratch[1]), (2 + 2 * 10, 55));
    let indirect = with(
        &[3],
        json!([{"flow": [["jump_indirect", 0]]}, {"load": [["const", 5, 5]]}, {"load": [["const", 6, 6]]}]),
    );
    assert_eq!(both(&indirect).unwrap().1[5..7], [0, 6]);
}

/// Returns a generated program: slots of all kinds over few words, so that they depend on each other, with forward jumps.
fn generated(stream: &mut KeyedNumbers) -> Value {
    let length = 4 + stream.below(10);
    let ops = ["+", "-", "*", "//", "cdiv", "^", "&", "|", "<<", ">>", "%", "<", "=="];
    let mut bundles: Vec<Value> = (0..8).map(|word| json!({"load": [["const", word, stream.below(40)], ["const", 8 + word, stream.below(1 << 32)]]})).collect();
    for at in 0..length {
        let mut word = || stream.below(24);
        let (a, b, c, d, e) = (word(), word(), word(), word(), word());
        let op = ops[usize::try_from(stream.below(13)).unwrap()];
        bundles.push(match stream.below(12) {
            0 | 1 => json!({"alu": [[op, a, b, c], ["^", (a + 1) % 24, d, e]]}),
            2 => json!({"valu": [[op, a, b, c]]}),
            3 => json!({"valu": [["multiply_add", a, b, c, d], ["vbroadcast", a + 8, e]]}),
            4 => json!({"load": [["load", a, b % 8]]}),
            5 => json!({"load": [["vload", a, b % 8], ["const", (a + 9) % 40, c]]}),
            6 => json!({"load": [["load_offset", a, b % 5, c % 3]]}),
            7 => json!({"store": [["store", a % 8, b]]}),
            8 => json!({"store": [["vstore", a % 8, b]]}),
            9 => json!({"flow": [["select", a, b, c, d]], "alu": [["-", (a + 1) % 24, b, c]]}),
            10 => json!({"flow": [["vselect", a, b, c, d]]}),
            _ => json!({"flow": [["cond_jump", a, 8 + length.min(at + 1 + b % 4)]], "alu": [["+", c, d, e]]}),
        });
    }
    json!(bundles)
}

#[test]
fn two_hundred_generated_programs_agree_with_the_model() {
    let mut stream = KeyedNumbers::new("test programs", b"");
    let mut completed = 0;
    for _ in 0..200 {
        completed += u32::from(both(&generated(&mut stream)).is_some());
    }
    assert!((60..190).contains(&completed), "some of them fail as they should, {completed} do not");
}

#[test]
fn data_that_are_no_program_are_refused() {
    for program in [
        json!([]),
        json!({}),
        json!("alu"),
        json!([[]]),
        json!([{"gpu": []}]),
        json!([{"alu": [["+", 0, 0]]}]),
        json!([{"alu": [["+", 0, 0, 1_536]]}]),
        json!([{"alu": [["+", -1, 0, 0]]}]),
        json!([{"alu": [["+", 0, 0, true]]}]),
        json!([{"alu": [["+", 0, 0, 1.0]]}]),
        json!([{"alu": [["**", 0, 0, 1]]}]),
        json!([{"alu": "+"}]),
        json!([{"alu": [[]]}]),
        json!([{"alu": vec![json!(["+", 0, 0, 0]); 13]}]),
        json!([{"flow": [["halt"], ["halt"]]}]),
        json!([{"load": vec![json!(["const", 0, 0]); 3]}]),
        json!([{"load": [["const", 0, 4_294_967_296_i64]]}]),
        json!([{"load": [["load_offset", 1_535, 0, 1]]}]),
        json!([{"load": [["load_offset", 0, 0, -1]]}]),
        json!([{"load": [["vload", 1_529, 0]]}]),
        json!([{"store": [["vstore", 0, 1_529]]}]),
        json!([{"flow": [["jump", -1]]}]),
        json!([{"flow": [["cond_jump_rel", 0, 1.5]]}]),
    ] {
        assert!(VliwProgram::read(&program).is_err(), "{program}");
    }
}

#[test]
fn the_hash_and_the_walk_are_those_of_the_definition() {
    // Computed by hand for zero: the first stage gives its constant.
    let first = 0x7ED5_5D16_u32;
    let second = (first ^ 0xC761_C23C) ^ (first >> 19);
    let third = second.wrapping_add(0x1656_67B1).wrapping_add(second << 5);
    let fourth = third.wrapping_add(0xD3A2_646C) ^ (third << 9);
    let fifth = fourth.wrapping_add(0xFD70_46C5).wrapping_add(fourth << 3);
    assert_eq!(hash(0), (fifth ^ 0xB55A_4F09) ^ (fifth >> 16));
    let kernel = KernelSizes { height: 10, batch: 256, rounds: 16 };
    let inputs = Inputs::draw(kernel, b"key", 0);
    let memory = inputs.memory();
    assert_eq!(memory[..8], [16, 2047, 256, 10, 8, 2055, 2311, 2567]);
    let mut expected = memory[inputs.values_at()];
    let mut index = 0;
    for _ in 0..16 {
        expected = hash(expected ^ memory[8 + index]);
        index = if expected.is_multiple_of(2) { 2 * index + 1 } else { 2 * index + 2 };
        index = if index >= 2047 { 0 } else { index };
    }
    assert_eq!(inputs.results()[0], expected);
    assert_ne!(Inputs::draw(kernel, b"key", 1).memory(), memory);
    assert_ne!(Inputs::draw(kernel, b"kez", 0).memory(), memory);
}

#[test]
fn a_million_wide_bundles_are_refused_for_their_work() {
    let wide: Vec<String> = (0..6).map(|slot| format!("valu + {} 0 8", 16 + 8 * slot)).collect();
    let program = json!(format!("{}; flow jump 0", wide.join("; ")));
    let kernel = KernelSizes { height: 1, batch: 1, rounds: 1 };
    let mut work = WorkMeter::new();
    work.spend(WORK_MAX - 1_000_000).unwrap();
    let refused = kernel.verify_within(&program, &mut work).unwrap_err().to_string();
    assert!(refused.contains("at most 100000000 units of work to check"), "{refused}");
    // 1,000,000 bundles of 48 words take as much as is allowed.
    let mut machine = VliwMachine::new(MEMORY.to_vec());
    let mut work = WorkMeter::new();
    machine.run_within(&VliwProgram::read(&program).unwrap(), 10_000, &mut work).unwrap_err();
    assert_eq!(WORK_MAX - work.left(), WORK_MAX / 100);
}

#[test]
fn a_program_that_knows_one_input_is_wrong_on_others() {
    let kernel = KernelSizes { height: 1, batch: 1, rounds: 1 };
    let error = |program: Value| kernel.verify(&program).unwrap_err().to_string();
    assert!(error(json!([{"flow": [["halt"]]}])).starts_with("input 0, value 0: expected "));
    let inputs = Inputs::draw(kernel, b"key", 0);
    let constant = with(
        &[i64::try_from(inputs.values_at()).unwrap(), i64::from(inputs.results()[0])],
        json!([{"store": [["store", 0, 1]]}]),
    );
    assert!(error(constant).starts_with("input 0, value 0: expected "));
    assert!(error(json!([{"flow": [["jump", 0]]}])).contains("more than 1000000 bundles"));
}

#[test]
fn a_line_is_read_as_its_object_is() {
    let slots = [
        "alu + 3 1 2",
        "alu - +3 -1 2",
        "alu << 1535 0 0",
        "alu + 1536 0 0",
        "valu multiply_add 8 16 24 32",
        "valu & 1528 0 8",
        "valu & 1529 0 8",
        "load const 4 -7",
        "load load_offset 4 5 6",
        "load load_offset 4 5 9000",
        "store vstore 1 8",
        "flow halt",
        "flow jump 400001",
        "flow pause 1",
        "flow cond_jump_rel 1 -5",
        "debug",
        "debug compare 1 x",
        "alu",
        "alu 5 1 2 3",
        "alu + 1 2",
        "alu + 1 2 3 4 5 6",
        "alu + 1 2 x",
        "other + 1 2 3",
        "alu + 99999999999999999999 1 2",
        "",
        "  ",
        "load const 1 4294967295",
    ];
    let of_object = |line: &str| {
        let mut engines = serde_json::Map::new();
        for slot in line.split(';').map(|slot| slot.split_whitespace().collect::<Vec<_>>()) {
            let Some((engine, parts)) = slot.split_first() else { continue };
            let part = |part: &&str| part.parse::<i64>().map_or_else(|_| json!(part), |number| json!(number));
            let slots = engines.entry(*engine).or_insert_with(|| json!([]));
            slots.as_array_mut().unwrap().push(parts.iter().map(part).collect());
        }
        VliwProgram::read(&json!([engines]))
    };
    let check = |line: String| {
        if !line.trim().is_empty() {
            assert_eq!(VliwProgram::read(&json!(line)), of_object(&line), "{line}");
        }
    };
    for first in slots {
        check(first.to_owned());
        slots.iter().for_each(|second| check(format!("{first};{second} ; flow halt")));
    }
    for count in [12, 13] {
        check(vec!["alu + 1 2 3"; count].join(";"));
    }
    for count in [1_000, 1_001] {
        check(vec!["debug x"; count].join("; "));
    }
}

#[test]
fn reading_ends_when_nobody_waits() {
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    for program in [json!("alu + 1 2 3\n\n"), json!([{"alu": []}]), json!("debug 1; debug 2")] {
        let mut work = WorkMeter::cancelled_by(std::sync::Arc::clone(&flag));
        let ended = VliwProgram::read_within(&program, &mut work).unwrap_err().to_string();
        assert!(ended.contains("nobody waits for"), "{ended}");
    }
    let lines = json!("\n".repeat(15 << 20) + "x");
    let refused = VliwProgram::read(&lines).unwrap_err().to_string();
    assert!(refused.contains("1 to 400000 lines"), "{refused}");
}
