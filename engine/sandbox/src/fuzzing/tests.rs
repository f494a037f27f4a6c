//! Invariants of the host under any module: random calls, interrupted anywhere, and single calls at their limits.

use proptest::prelude::*;

use wasmtime::{Instance, Module, Store};

use super::calls_oracle::{FUEL, engine, play, runtime, start};
use super::imports::{self, Argument, CALLS, ImportCall};
use super::{calls, files, forks, frames};
use crate::limits::{IOVECS_MAX, PATH_BYTES_MAX, POLL_SUBSCRIPTIONS_MAX, RANDOM_BYTES_MAX};

/// The function of a fuzz target.
type Oracle = fn(&[u8]);

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3_000), ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_calls_disturbs_the_host(calls in prop::collection::vec(imports::any_call(), 1..120)) {
        let runtime = runtime();
        let first = play(&runtime, &calls, FUEL);
        prop_assert_eq!(first, play(&runtime, &calls, FUEL));
    }
}

/// A run that makes every call once, with arguments that make sense.
fn tour() -> Vec<(ImportCall, Vec<Argument>)> {
    // A file is opened first and becomes descriptor 4.
    let place = |call: &ImportCall| match call.name {
        "path_open" => 0,
        "fd_close" => 2,
        "proc_exit" => 3,
        _ => 1,
    };
    let mut all: Vec<ImportCall> = CALLS.to_vec();
    all.sort_by_key(place);
    all.into_iter().map(|call| (call, imports::sensible(&call))).collect()
}

#[test]
fn every_call_is_answered_and_the_tour_ends_with_its_exit() {
    let (answers, left) = play(&runtime(), &tour(), FUEL);
    assert_eq!(answers.len(), CALLS.len() + 2, "{answers:#?}");
    assert!(answers[CALLS.len() - 1].starts_with("proc_exit ended: exit 0"), "{answers:#?}");
    let succeeded = answers.iter().filter(|answer| answer.ends_with("Some(0)")).count();
    assert!(succeeded >= 36, "only {succeeded} calls did something: {answers:#?}");
    assert!(left < FUEL - CALLS.len() as u64 * 1_000, "every call is paid for");
}

#[test]
fn a_run_that_is_interrupted_anywhere_leaves_the_host_consistent() {
    let (runtime, tour) = (runtime(), tour());
    let undisturbed = play(&runtime, &tour, FUEL);
    let used = FUEL - undisturbed.1;
    let mut interrupted = 0;
    for fuel in (0..used).step_by(211) {
        let (answers, left) = play(&runtime, &tour, fuel);
        let calls = &answers[..answers.len() - 2];
        let (end, before) = calls.split_last().unwrap();
        assert!(end.contains("fuel"), "with {fuel} of {used}: {end}");
        assert_eq!(before, &undisturbed.0[..before.len()], "with {fuel} of {used}");
        assert!(left <= fuel);
        interrupted += 1;
    }
    assert!(interrupted > 200, "only {interrupted} points of {used} fuel");
    assert_eq!(play(&runtime, &tour, FUEL), undisturbed);
    assert_eq!(play(&runtime, &tour, used).0, undisturbed.0, "exactly enough is enough");
}

#[test]
fn a_call_that_is_wild_is_a_trap_or_an_error_number() {
    let runtime = runtime();
    for call in CALLS {
        for wild in [u64::MAX, 1 << 31, (1 << 32) - 1, 65_535, 0] {
            let arguments = call.wild(wild);
            let (answers, _) = play(&runtime, &[(*call, arguments.clone())], FUEL);
            assert_eq!(play(&runtime, &[(*call, arguments)], FUEL).0, answers);
        }
    }
    // A listing from the last place there is has no entries, and no place after it.
    let readdir = *CALLS.iter().find(|call| call.name == "fd_readdir").unwrap();
    let (answers, _) = play(&runtime, &[(readdir, readdir.beyond_the_end())], FUEL);
    assert_eq!(answers[0], "fd_readdir Some(0)");
    // The door takes what does not fit for what it is.
    let answer = |call: i32, ptr: i32, len: i32| {
        let (mut store, instance) = start(&runtime, engine());
        let door = instance.get_typed_func::<(i32, i32, i32), i32>(&mut store, "door").unwrap();
        runtime.block_on(door.call_async(&mut store, (call, ptr, len))).map_err(|error| error.to_string())
    };
    assert_eq!(answer(0, 0, -1), Ok(-1));
    assert_eq!(answer(2, 0, i32::MAX), Ok(-1));
    assert!(answer(0, -1, 10).unwrap_err().contains("out of bounds"));
    assert!(answer(2, 65_530, 10).unwrap_err().contains("out of bounds"));
    assert_eq!(answer(1, -1, 0).map_err(|e| e.contains("out of bounds")), Err(true));
    assert_eq!(answer(7, 0, 0), Ok(-2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

    #[test]
    fn calls_that_bytes_encode(data in prop::collection::vec(any::<u8>(), 0..600)) {
        calls(&data);
    }

    #[test]
    fn files_behave_like_the_plain_model(data in prop::collection::vec(any::<u8>(), 0..400)) {
        files(&data);
    }

    #[test]
    fn frames_are_read_strictly(data in super::frames::any_frame()) {
        frames(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.min(24), ..ProptestConfig::default() })]

    #[test]
    fn forks_of_several_set_ups_are_as_fresh_as_the_first(data in prop::collection::vec(any::<u8>(), 0..32)) {
        forks(&data);
    }
}

/// The corpora of the fuzz targets, past findings among them.
#[test]
fn the_corpora_pass() {
    let oracles: [(&str, Oracle); 4] =
        [("calls", calls), ("files", files), ("frames", frames), ("forks", forks)];
    for (target, oracle) in oracles {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            oracle(&std::fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{target} has no corpus");
    }
}

fn call(name: &str) -> ImportCall {
    *CALLS.iter().find(|call| call.name == name).unwrap()
}

/// Returns the answer of one call with these arguments.
fn answer(name: &str, arguments: &[(u64, u64)]) -> String {
    let arguments = arguments.iter().map(|&(first, second)| Argument(first, second)).collect();
    play(&runtime(), &[(call(name), arguments)], FUEL).0.remove(0)
}

#[test]
fn a_single_call_is_bounded_exactly_at_its_limit() {
    // From here on there are only zeros: empty buffers, timers that are due, names that are no text.
    let zeros = 20_000;
    let vectors = |count| answer("fd_write", &[(1, 0), (zeros, count), (60_000, 0)]);
    let most = u64::from(IOVECS_MAX);
    for (count, errno) in [(most - 1, 0), (most, 0), (most + 1, 28), (u64::from(u32::MAX), 28)] {
        assert_eq!(vectors(count), format!("fd_write Some({errno})"), "{count} buffers");
    }
    let poll = |count| answer("poll_oneoff", &[(zeros, 0), (40_000, 0), (count, 0), (60_000, 0)]);
    let most = u64::from(POLL_SUBSCRIPTIONS_MAX);
    for (count, errno) in [(0, 28), (1, 0), (most - 1, 0), (most, 0), (most + 1, 28), (4_096, 28)] {
        assert_eq!(poll(count), format!("poll_oneoff Some({errno})"), "{count} subscriptions");
    }
    let path = |len| answer("path_filestat_get", &[(3, 0), (0, 0), (zeros, len), (60_000, 0)]);
    let most = u64::from(PATH_BYTES_MAX);
    for (len, errno) in [(most - 1, 25), (most, 25), (most + 1, 37), (40_000, 37)] {
        assert_eq!(path(len), format!("path_filestat_get Some({errno})"), "a path of {len} bytes");
    }
    let random = |len| answer("random_get", &[(0, len)]);
    let most = u64::from(RANDOM_BYTES_MAX);
    assert_eq!(random(65_536), "random_get Some(0)");
    // More than the memory of this module: the limit is looked at first.
    assert!(random(most).contains("out of bounds"), "{}", random(most));
    assert_eq!(random(most + 1), "random_get Some(28)");
}

#[test]
fn the_stack_ends_at_the_same_depth_every_time() {
    let (engine, _) = engine();
    let text = "(module (func $f (export \"f\") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))";
    let module = Module::new(engine, wat::parse_str(text).unwrap()).unwrap();
    let runtime = runtime();
    let ends = |depth: i32| {
        let mut store = Store::new(engine, ());
        store.set_fuel(1 << 40).unwrap();
        runtime.block_on(async {
            let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
            let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
            f.call_async(&mut store, depth)
                .await
                .map_err(|error| *error.downcast_ref::<wasmtime::Trap>().unwrap())
        })
    };
    let deepest = || {
        let (mut fits, mut too_deep) = (1, 1 << 22);
        while too_deep - fits > 1 {
            let middle = (fits + too_deep) / 2;
            if ends(middle).is_ok() { fits = middle } else { too_deep = middle }
        }
        fits
    };
    let depth = deepest();
    assert_eq!(ends(depth - 1), Ok(depth - 1));
    assert_eq!(ends(depth), Ok(depth));
    assert_eq!(ends(depth + 1), Err(wasmtime::Trap::StackOverflow));
    assert_eq!(ends(i32::MAX), Err(wasmtime::Trap::StackOverflow));
    assert_eq!(deepest(), depth);
    let frame = crate::limits::WASM_STACK_BYTES / usize::try_from(depth).unwrap();
    assert!((16..=256).contains(&frame), "{depth} calls in {} bytes", crate::limits::WASM_STACK_BYTES);
}

#[test]
fn no_second_memory_table_or_instance_and_no_growth_of_tables() {
    let compiled = engine();
    let (engine, _) = compiled;
    let runtime = runtime();
    let made = |text: &str| {
        let module =
            Module::new(engine, wat::parse_str(text).unwrap()).map_err(|error| format!("{error:#}"))?;
        let (mut store, _) = start(&runtime, compiled);
        let made = runtime.block_on(Instance::new_async(&mut store, &module, &[]));
        made.map(drop).map_err(|error| format!("{error:#}"))
    };
    // The instance of the test is there already.
    assert!(made("(module)").unwrap_err().contains("instance"), "{:?}", made("(module)"));
    for text in [
        "(module (memory 1) (memory 1))",
        "(module (table 1 funcref) (table 1 funcref))",
        "(module (memory 1 1 shared))",
    ] {
        assert!(made(text).is_err(), "{text}");
    }
    let mut host = start(&runtime, compiled).0;
    let host = host.data_mut();
    let most = crate::host::TABLE_ELEMENTS_MAX;
    for (wanted, allowed) in [(most - 1, true), (most, true), (most + 1, false), (usize::MAX, false)] {
        assert_eq!(
            wasmtime::ResourceLimiter::table_growing(host, 0, wanted, None).unwrap(),
            allowed,
            "{wanted}"
        );
    }
    assert!(!wasmtime::ResourceLimiter::table_growing(host, 0, 10, Some(9)).unwrap());
}

/// Calls of the shell, from bytes that a fixed generator makes.
#[test]
fn the_calls_of_the_shell_disturb_nothing() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/file-calls");
    for entry in std::fs::read_dir(folder).unwrap() {
        super::file_calls(&std::fs::read(entry.unwrap().path()).unwrap());
    }
    for round in 0_u32..200 {
        let digest = blake3::hash(&round.to_le_bytes());
        let mut bytes = [0; 300];
        blake3::Hasher::new().update(digest.as_bytes()).finalize_xof().fill(&mut bytes);
        super::file_calls(&bytes);
    }
}
