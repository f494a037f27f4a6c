//! A cache entry is loaded only if it is whole, ours, and made for exactly this module and engine.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use wasmtime::Engine;

use super::*;

const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn entry(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Returns whether the entry of a fresh cache is loaded after `change`, and whether it is whole again afterwards.
fn check(change: impl FnOnce(&Path, &Path)) -> (bool, bool) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("cache");
    let engine = Engine::default();
    load_or_compile(&engine, WASM, || Ok(WASM.to_vec()), Some(&folder)).unwrap();
    let path = entry(&folder);
    let good = fs::read(&path).unwrap();
    change(&folder, &path);
    let key = key(&engine, WASM);
    let loaded = matches!(load(&engine, &folder, &path, &key), Ok(Some(_)));
    load_or_compile(&engine, WASM, || Ok(WASM.to_vec()), Some(&folder)).unwrap();
    (loaded, fs::read(&path).is_ok_and(|now| now == good))
}

#[test]
fn a_whole_entry_is_loaded() {
    assert_eq!(check(|_, _| ()), (true, true));
}

#[test]
fn every_flipped_byte_of_the_trailer_and_many_of_the_code_are_noticed() {
    let places = (1..=TRAILER_BYTES).chain((0..40).map(|step| TRAILER_BYTES + 1 + 17 * step));
    for place in places {
        let flip = |_: &Path, path: &Path| {
            let mut bytes = fs::read(path).unwrap();
            let at = bytes.len() - place;
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        };
        assert_eq!(check(flip), (false, true), "byte {place} from the end");
    }
}

#[test]
fn a_cut_entry_is_compiled_again() {
    let cut = |_: &Path, path: &Path| fs::write(path, b"hyper").unwrap();
    assert_eq!(check(cut), (false, true));
    let shorter = |_: &Path, path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[1..]).unwrap();
    };
    assert_eq!(check(shorter), (false, true));
}

#[test]
fn an_entry_that_others_could_have_written_is_not_loaded() {
    let open =
        |folder: &Path, _: &Path| fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!check(open).0);
    let writable =
        |_: &Path, path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(!check(writable).0);
}

#[test]
fn an_open_folder_of_our_own_is_closed_and_one_with_other_files_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("cache");
    let mode = |mode: u32| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    let permissions = || fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
    let engine = Engine::default();
    let key = key(&engine, WASM);
    let start = || load_or_compile(&engine, WASM, || Ok(WASM.to_vec()), Some(&folder)).unwrap();
    fs::create_dir(&folder).unwrap();
    for open in [0o755, 0o775, 0o777] {
        mode(open);
        drop(start());
        assert_eq!(permissions(), 0o700, "{open:o}");
        assert!(matches!(load(&engine, &folder, &entry(&folder), &key), Ok(Some(_))), "{open:o}");
    }
    // If others can only read, the entry is still ours alone. If they can write, it may be theirs, and is compiled again.
    let other = folder.join("other.cwasm");
    fs::write(&other, "planted").unwrap();
    mode(0o755);
    drop(start());
    assert!(other.exists());
    mode(0o775);
    drop(start());
    assert!(!other.exists());

    fs::write(folder.join("letter.txt"), "mine").unwrap();
    mode(0o755);
    drop(start());
    assert_eq!(permissions(), 0o755);
    let error = close_cache_to_others(&folder).unwrap_err().to_string();
    assert!(error.contains("letter.txt") && error.contains("chmod 700"), "{error}");
}

#[test]
fn an_entry_for_other_settings_has_another_key() {
    let other = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
    assert_ne!(key(&Engine::default(), WASM), key(&other, WASM));
    assert_ne!(key(&Engine::default(), WASM), key(&Engine::default(), b"\0asm"));
}
