//! Runs from beginning to end: evolve, resume, replay, and what the store is good for afterwards.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::common::{EVOLVE, environment, evolve};
use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::paths::interpreter_cache;
use serde_json::Value;

#[test]
fn evolve_replay_and_look_around() {
    let env = environment();
    let evolved = evolve(&env, "S", 4);
    assert_eq!(evolved["seed_score"], 890.0);
    assert_eq!(evolved["generations"], 4);
    let best = &evolved["best"];
    assert!(best["score"].as_f64().unwrap() < 890.0 && best["held_out"].as_f64().unwrap() < 891.0);
    assert!(evolved["fuel"].as_u64().unwrap() > 0 && evolved["wall_ms"].is_u64());
    let (run, hash) = (evolved["run"].as_str().unwrap(), best["hash"].as_str().unwrap());

    let (again, code) = env.json(&["replay", &hash[..10], "--store", "S"]);
    assert_eq!((code, again["differences"].as_array().unwrap().len()), (0, 0));
    assert_eq!(again["generations"][0]["hash"], *hash);
    let (all, code) = env.json(&["replay", "--all", "--store", "S"]);
    assert_eq!((code, all["generations"].as_array().unwrap().len()), (0, 5));

    let (log, _) = env.json(&["log", "--store", "S"]);
    assert_eq!(
        (log["runs"][0]["run"].as_str(), log["runs"][0]["generations"].as_u64()),
        (Some(run), Some(4))
    );
    let (log, _) = env.json(&["log", run, "--store", "S"]);
    assert_eq!(log["generations"][4]["best"], {
        let mut expected = best.clone();
        expected.as_object_mut().unwrap().retain(|key, _| key != "hash" && key != "tree");
        expected
    });
    let (events, _) = env.json(&["log", run, "--events", "--store", "S"]);
    let events = events["events"].as_array().unwrap();
    assert_eq!(events.last().unwrap()["id"], evolved["root"]);

    let (shown, _) = env.json(&["show", hash, "--store", "S"]);
    assert_eq!((shown["kind"].as_str(), shown["hash"].as_str()), (Some("generation"), Some(hash)));
    let (file, _) = env.json(&["show", hash, "--file", "task_agent.py", "--store", "S"]);
    assert!(file["content"].as_str().unwrap().starts_with("def guess():"));
    let first = log["generations"][0]["hash"].as_str().unwrap();
    let (diff, _) = env.json(&["diff", first, hash, "--store", "S"]);
    let changed: Vec<&str> =
        diff["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert_eq!(changed, ["lib/note.py", "task_agent.py"]);
    assert!(diff["files"][1]["diff"].as_str().unwrap().contains("-    return 10\n"));

    let (_, code) = env.json(&["export", hash, "--to", "out", "--store", "S"]);
    assert_eq!(
        (code, fs::read(env.path("out/task_agent.py")).unwrap()),
        (0, file["content"].as_str().unwrap().into())
    );
    env.fails(&["export", hash, "--to", "out", "--store", "S"], 2, &["out", "exists"]);
    let (fsck, code) = env.json(&["fsck", "--store", "S"]);
    assert_eq!((code, fsck["damaged"].as_array().unwrap().len()), (0, 0));
    assert!(fsck["objects"].as_u64().unwrap() > 20);
}

#[test]
fn roots_do_not_depend_on_workers_forks_or_on_what_is_known() {
    let env = environment();
    let root = |store: &str, workers: &str| {
        let (value, _) = env
            .json(&[&EVOLVE[..], &["--generations", "4", "--store", store, "--workers", workers]].concat());
        value["root"].clone()
    };
    let one = root("one", "1");
    assert_eq!(root("two", "2"), one);
    assert_eq!(root("one", "2"), one, "the same command again");
    let (fresh, _) =
        env.json(&[&EVOLVE[..], &["--generations", "4", "--store", "fresh", "--no-fork"]].concat());
    assert_eq!(fresh["root"], one, "every case in an instance of its own");
    // A longer run, taken up: the first generations are those of the shorter run.
    let longer = evolve(&env, "one", 6);
    assert_eq!(longer["generations"], 6);
    assert_eq!(evolve(&env, "six", 6)["root"], longer["root"]);
    let (resumed, _) = env.json(&["resume", "--generations", "6", "--store", "two"]);
    assert_eq!(resumed["root"], longer["root"]);
    let output = env.run(&["resume", "--generations", "2", "--store", "two"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("note: the run has 6 generations already, more than the 2 that were asked for"),
        "{said}"
    );
}

fn thirty(store: &str) -> Vec<&str> {
    [&EVOLVE[..], &["--generations", "30", "--store", store]].concat()
}

/// Kills at twenty moments spread over a run; each time it is taken up again, and where it ended before, another one begins.
#[test]
fn killed_at_any_moment_it_ends_the_same() {
    let env = environment();
    let whole = evolve(&env, "whole", 30);
    let wall_ms = whole["wall_ms"].as_u64().unwrap();
    let ends_the_same = |store: &str| {
        let (last, code) = env.json(&thirty(store));
        assert_eq!((code, &last["root"]), (0, &whole["root"]));
        assert_eq!(env.json(&["fsck", "--store", store]).1, 0);
    };
    let (mut kills, mut begun, mut stores) = (0, false, vec!["killed-0".to_owned()]);
    for round in 0..20_u64 {
        let store = stores.last().unwrap().clone();
        let mut child = env.command(&thirty(&store)).stdout(std::process::Stdio::null()).spawn().unwrap();
        // From the start of the process to its end, in an order that goes back and forth.
        thread::sleep(Duration::from_millis(wall_ms * (1 + (round * 7) % 20) / 20));
        match child.try_wait().unwrap() {
            None => {
                child.kill().unwrap();
                kills += 1;
            }
            Some(status) => {
                assert!(status.success());
                ends_the_same(&store);
                stores.push(format!("killed-{}", stores.len()));
            }
        }
        child.wait().unwrap();
        let fsck = env.command(&["fsck", "--store", &store]).output().unwrap();
        let said = String::from_utf8_lossy(&fsck.stderr);
        // Before its first transaction there is none, and a store that was there once stays.
        assert!(fsck.status.success() || (!begun && said.contains("there is no store")), "{round}: {said}");
        begun = fsck.status.success() && stores.last() == Some(&store);
    }
    assert!(kills >= 3, "only {kills} kills came before the end");
    ends_the_same(stores.last().unwrap());
}

/// Flips a bit of a store's database.
fn flip(env: &TestEnvironment, store: &str, at: usize) {
    let path = env.path(store).join("store.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn one_flipped_bit_is_named() {
    let env = environment();
    let evolved = evolve(&env, "S", 2);
    let (fsck, _) = env.json(&["fsck", "--store", "S"]);
    assert!(fsck["damaged"].as_array().unwrap().is_empty());
    let hash = evolved["run"].as_str().unwrap().to_owned();
    let size = fs::metadata(env.path("S/store.db")).unwrap().len();
    let text = fs::read(env.path("S/store.db")).unwrap();
    // The agent's files are stored: a byte of `def guess` is a byte of an object.
    let places = text.windows(9).enumerate().filter(|(_, bytes)| *bytes == b"def guess");
    // A page that SQLite has given up may hold an old copy: that one is no object any more.
    let hit = places.map(|(at, _)| at).find_map(|at| {
        flip(&env, "S", at);
        let (fsck, code) = env.json(&["fsck", "--store", "S"]);
        if code != 14 {
            flip(&env, "S", at);
        }
        (code == 14).then_some((at, fsck))
    });
    let (inside, fsck) = hit.unwrap();
    let named = fsck["damaged"][0]["object"].as_str().unwrap();
    assert!(named.starts_with("blob "), "{named}");
    let id = named.split(' ').nth(1).unwrap();
    env.fails(&["replay", &hash, "--store", "S"], 14, &[id, "damaged"]);
    flip(&env, "S", inside);

    // Anywhere else: either nothing that counts was hit, or it is found.
    let mut found = 0;
    for index in 0..40_u64 {
        let at = usize::try_from((size * index / 40) + 17).unwrap();
        flip(&env, "S", at);
        let output = env.run(&["fsck", "--store", "S", "--json"]);
        let code = output.status.code().unwrap();
        if code == 0 {
            // Free space of a page: everything that is recorded still replays.
            let (replay, code) = env.json(&["replay", "--all", "--store", "S"]);
            assert_eq!((code, replay["differences"].as_array().unwrap().len()), (0, 0), "byte {at}");
        } else {
            let said = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert!([14, 2].contains(&code), "byte {at}: {code} {said}");
            found += 1;
        }
        flip(&env, "S", at);
    }
    assert!(found >= 10, "{found}");
    assert_eq!(env.json(&["fsck", "--store", "S"]).1, 0);
}

#[test]
fn one_writer_and_any_number_of_readers() {
    let env = environment();
    evolve(&env, "S", 1);
    let mut writer = env
        .command(&[&EVOLVE[..], &["--generations", "2000", "--store", "S"]].concat())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(700));
    let (log, code) = env.json(&["log", "--store", "S"]);
    assert_eq!(code, 0);
    assert!(log["runs"][0]["generations"].as_u64().unwrap() >= 1);
    let id = writer.id().to_string();
    env.fails(&["resume", "--store", "S"], 2, &["another process is writing", &id]);
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert_eq!(env.json(&["fsck", "--store", "S"]).1, 0);
}

/// A full disk, played by a limit on the size of files: the run stops, the store is whole, and the run resumes. Every child
/// brings a megabyte that does not compress, so that the limit can be far above the files that the sandbox itself maps.
#[test]
fn a_full_disk_loses_nothing() {
    let env = environment();
    let noise = "import os, random\ndef improve(arg):\n    os.makedirs('lib', exist_ok=True)\n    open('lib/noise', 'wb').write(random.Random(arg['seed']).randbytes(1 << 20))\n    open('task_agent.py', 'w').write('def guess(): return %d' % (20 + arg['generation'] * 3 + arg['candidate']))\n";
    env.write("climber/meta_agent.py", noise);
    let whole = evolve(&env, "whole", 20);
    let binary = env!("CARGO_BIN_EXE_hyperspace");
    let arguments = [&EVOLVE[..], &["--generations", "20", "--store", "full"]].concat().join(" ");
    // 28 MiB in blocks of 512 bytes. The signal is ignored, so that the write itself fails.
    let script = format!("trap '' XFSZ; ulimit -f 57344; exec {binary} {arguments}");
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &script]).current_dir(env.path(".")).env("HYPERSPACE_CACHE_DIR", interpreter_cache());
    let output = shell.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(env.json(&["fsck", "--store", "full"]).1, 0);
    let before = env.json(&["log", "--store", "full"]).0["runs"][0]["generations"].as_u64().unwrap();
    assert!((1..20).contains(&before), "{before}");
    let (resumed, code) = env.json(&["resume", "--generations", "20", "--store", "full"]);
    assert_eq!((code, &resumed["root"]), (0, &whole["root"]));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let env = environment();
    evolve(&env, "S", 2);
    let mut log = env.command(&["log", "--events", "--store", "S"]);
    let mut child =
        log.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
    // A full disk is not the end of the reader.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = env.command(&["log", "--store", "S"]).stdout(full).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && told.contains("standard output: "), "{told}");
}

#[test]
fn settings_come_from_the_file_and_flags_win() {
    let env = environment();
    env.write("hyperspace.toml", "store = \"from-file\"\nworkers = 1\n[evolve]\ntask = \"./guess\"\nagent = \"./climber\"\ngenerations = 1\ncandidates = 2\nseed = 9\n");
    let (value, code) = env.json(&["evolve"]);
    assert_eq!((code, value["generations"].as_u64()), (0, Some(1)));
    assert!(env.path("from-file/store.db").exists());
    let (value, _): (Value, i32) = env.json(&["evolve", "--generations", "2"]);
    assert_eq!(value["generations"], 2);
    env.write("hyperspace.toml", "workers = 0\n[evolve]\ngenerations = 0\n");
    env.fails(&["log"], 2, &["workers is 0", "`workers` is set in", "hyperspace.toml, line 1"]);
    let evolve = ["evolve", "--workers", "1"];
    env.fails(&evolve, 2, &["generations is 0", "`generations` is set in", "hyperspace.toml, line 3"]);
    env.fails(&[&evolve[..], &["--generations", "0"]].concat(), 2, &["--generations is 0"]);
    env.write("hyperspace.toml", "stroe = \"x\"\n");
    env.fails(&["log"], 2, &["hyperspace.toml", "line 1", "stroe"]);
}
