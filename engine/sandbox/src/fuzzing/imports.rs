//! The imports of a guest, the meaning of their arguments, and random calls of them.

use wasmtime::Val;

use super::bytes::FuzzBytes;

/// One import. `shape`: `f` descriptor, `o` pointer to an answer, `p` path (pointer and length), `b` buffer (pointer and
/// length), `v` list of buffers (pointer and count), `n` number of 32 bits, `l` number of 64 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct ImportCall {
    pub(super) name: &'static str,
    shape: &'static str,
}

macro_rules! calls {
    ($($name:literal $shape:literal),* $(,)?) => {
        pub(super) const CALLS: &[ImportCall] = &[$(ImportCall { name: $name, shape: $shape }),*];
    };
}

calls! {
    "args_get" "oo", "args_sizes_get" "oo", "environ_get" "oo", "environ_sizes_get" "oo", "clock_res_get" "no",
    "clock_time_get" "nlo", "fd_advise" "flln", "fd_allocate" "fll", "fd_close" "f", "fd_datasync" "f",
    "fd_fdstat_get" "fo", "fd_fdstat_set_flags" "fn", "fd_fdstat_set_rights" "fll", "fd_filestat_get" "fo",
    "fd_filestat_set_size" "fl", "fd_filestat_set_times" "flln", "fd_pread" "fvlo", "fd_prestat_get" "fo",
    "fd_prestat_dir_name" "fb", "fd_pwrite" "fvlo", "fd_read" "fvo", "fd_readdir" "fblo", "fd_renumber" "ff",
    "fd_seek" "flno", "fd_sync" "f", "fd_tell" "fo", "fd_write" "fvo", "path_create_directory" "fp",
    "path_filestat_get" "fnpo", "path_filestat_set_times" "fnplln", "path_link" "fnpfp", "path_open" "fnpnllno",
    "path_readlink" "fpbo", "path_remove_directory" "fp", "path_rename" "fpfp", "path_symlink" "pfp",
    "path_unlink_file" "fp", "poll_oneoff" "oono", "proc_exit" "n", "proc_raise" "n", "sched_yield" "",
    "random_get" "b", "sock_accept" "fno", "sock_recv" "fvnoo", "sock_send" "fvno", "sock_shutdown" "fn",
    "door" "nb",
}

/// The calls of the bundled shell besides WASI, with those of WASI that give them something to answer.
pub(super) const SHELL_CALLS: &[ImportCall] = &[
    ImportCall { name: "file_info", shape: "po" },
    ImportCall { name: "refusal", shape: "b" },
    ImportCall { name: "fd_close", shape: "f" },
    ImportCall { name: "fd_filestat_set_size", shape: "fl" },
    ImportCall { name: "fd_write", shape: "fvo" },
    ImportCall { name: "path_create_directory", shape: "fp" },
    ImportCall { name: "path_open", shape: "fnpnllno" },
    ImportCall { name: "path_remove_directory", shape: "fp" },
    ImportCall { name: "path_rename", shape: "fpfp" },
    ImportCall { name: "path_unlink_file", shape: "fp" },
];
/// The calls that are not part of WASI.
const OWN: [&str; 3] = ["door", "file_info", "refusal"];

/// A value for one letter of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Argument(pub(super) u64, pub(super) u64);

/// Paths in the module's memory from 4096 on, 64 bytes apart.
const PATHS: [&str; 20] = [
    "tmp",
    "tmp/a",
    "tmp/a/b",
    "tmp/a/b/c",
    "tmp/x",
    "repo",
    "repo/a.py",
    "repo/lib",
    "repo/lib/b.py",
    "repo/lib/no",
    "repo/new",
    "repo/evals",
    "repo/evals/report",
    "usr/lib/os.py",
    "..",
    "../x",
    ".",
    "x",
    "tmp/a/../x",
    "/tmp",
];
const PATHS_AT: u64 = 4_096;
/// Lists of buffers from 2048 on, 32 bytes apart: honest, overlapping, empty, endless, beyond the memory.
const VECTORS: [[(u32, u32); 4]; 6] = [
    [(8_192, 16), (8_300, 100), (8_500, 1), (8_600, 0)],
    [(8_192, 64), (8_192, 64), (8_200, 64), (8_191, 66)],
    [(0, 0), (0, 0), (0, 0), (0, 0)],
    [(8_192, u32::MAX), (8_192, u32::MAX), (0, 1), (0, 1)],
    [(65_530, 6), (65_530, 7), (0, 1), (0, 1)],
    [(2_048, 64), (2_100, 10), (4_096, 64), (16_384, 4_000)],
];
const VECTORS_AT: u64 = 2_048;
const REQUEST: &str = "{\"op\": \"echo\", \"params\": {}}";
const REQUEST_AT: u64 = 6_144;
/// The address of answers.
const OUT_AT: u64 = 12_288;

impl ImportCall {
    /// Returns the types of the import as text.
    fn types(self) -> String {
        let of = |letter| match letter {
            'p' | 'b' | 'v' => "i32 i32 ",
            'l' => "i64 ",
            _ => "i32 ",
        };
        self.shape.chars().map(of).collect::<String>().trim_end().to_owned()
    }

    /// Returns the arguments as the function takes them.
    pub(super) fn values(self, arguments: &[Argument]) -> Vec<Val> {
        #[expect(clippy::cast_possible_truncation, reason = "hostile numbers are cut as a guest would")]
        let small = |value: u64| Val::I32((value as u32).cast_signed());
        let mut values = Vec::new();
        for (letter, Argument(first, second)) in self.shape.chars().zip(arguments) {
            match letter {
                'l' => values.push(Val::I64(first.cast_signed())),
                'p' | 'b' | 'v' => values.extend([small(*first), small(*second)]),
                _ => values.push(small(*first)),
            }
        }
        values
    }

    /// Returns arguments for `fd_readdir` of the root, from the last cookie on.
    pub(super) fn beyond_the_end(self) -> Vec<Argument> {
        let mut arguments = sensible(&self);
        arguments[2] = Argument(u64::MAX, 0);
        arguments
    }

    /// Returns arguments with the same number in every place.
    pub(super) fn wild(self, value: u64) -> Vec<Argument> {
        self.shape.chars().map(|_| Argument(value, value)).collect()
    }
}

fn path(index: usize) -> Argument {
    Argument(PATHS_AT + 64 * index as u64, PATHS[index].len() as u64)
}

/// Returns the module of some calls: imports, wrappers with the same names, and one page of memory with paths, lists and a request.
pub(super) fn module(calls: &[ImportCall]) -> String {
    let (mut imports, mut functions) = (String::new(), String::new());
    for call in calls {
        let (name, types) = (call.name, call.types());
        let from = if OWN.contains(&name) { "hyperspace" } else { "wasi_snapshot_preview1" };
        let result = if name == "proc_exit" { "" } else { "(result i32)" };
        imports
            .push_str(&format!("(import \"{from}\" \"{name}\" (func ${name} (param {types}) {result}))\n"));
        let count = types.split_whitespace().count();
        let pass: String = (0..count).map(|index| format!("(local.get {index}) ")).collect();
        functions.push_str(&format!(
            "(func (export \"{name}\") (param {types}) {result} (call ${name} {pass}))\n"
        ));
    }
    let mut data = String::new();
    for (index, path) in PATHS.iter().enumerate() {
        data.push_str(&format!("(data (i32.const {}) \"{path}\")\n", PATHS_AT + 64 * index as u64));
    }
    for (index, vector) in VECTORS.iter().enumerate() {
        let bytes = vector.iter().flat_map(|(ptr, len)| [ptr.to_le_bytes(), len.to_le_bytes()]).flatten();
        let text: String = bytes.map(|byte| format!("\\{byte:02x}")).collect();
        data.push_str(&format!("(data (i32.const {}) \"{text}\")\n", VECTORS_AT + 32 * index as u64));
    }
    let request = REQUEST.replace('"', "\\22");
    data.push_str(&format!("(data (i32.const {REQUEST_AT}) \"{request}\")\n"));
    format!("(module {imports} (memory (export \"memory\") 1) {data} {functions})")
}

/// Returns arguments with which a call does its work, once descriptor 4 is a writable file.
pub(super) fn sensible(call: &ImportCall) -> Vec<Argument> {
    let mut outs = 0;
    let mut paths = if call.name == "path_unlink_file" { vec![10] } else { vec![10, 6] };
    let argument = |letter| match (letter, call.name) {
        ('o', _) => {
            outs += 1;
            Argument(OUT_AT + 256 * outs + 8_192 * u64::from(call.name == "poll_oneoff"), 0)
        }
        ('f', "fd_write") => Argument(1, 0),
        ('f', "fd_read") => Argument(0, 0),
        ('f', "fd_readdir" | "fd_prestat_get" | "fd_prestat_dir_name" | "fd_renumber") => Argument(3, 0),
        ('f', name) if name.starts_with("fd_") => Argument(4, 0),
        ('f', _) => Argument(3, 0),
        ('p', "path_create_directory" | "path_remove_directory") => path(1),
        ('p', "path_filestat_set_times" | "path_filestat_get" | "path_open" | "path_readlink") => path(6),
        ('p', _) => path(paths.pop().unwrap_or(0)),
        ('b', "door") => Argument(REQUEST_AT, REQUEST.len() as u64),
        ('b', _) => Argument(OUT_AT, 64),
        ('v', _) => Argument(VECTORS_AT, 3),
        // The right to read and to write.
        ('l', "path_open") => Argument(66, 0),
        ('n', "poll_oneoff") => Argument(1, 0),
        _ => Argument(0, 0),
    };
    call.shape.chars().map(argument).collect()
}

/// Decodes the next of `calls` from `bytes`: one byte for the call, one or more for each argument.
pub(super) fn decode(calls: &[ImportCall], bytes: &mut FuzzBytes<'_>) -> Option<(ImportCall, Vec<Argument>)> {
    let call = calls[usize::from(bytes.byte()?) % calls.len()];
    let arguments = call.shape.chars().map(|letter| decode_argument(letter, bytes)).collect::<Option<_>>()?;
    Some((call, arguments))
}

/// Decodes an argument from one byte; the last sixteen values of that byte are followed by the number itself.
fn decode_argument(letter: char, bytes: &mut FuzzBytes<'_>) -> Option<Argument> {
    let choice = usize::from(bytes.byte()?);
    if choice >= 240 {
        let (first, second) = (bytes.number()?, if letter == 'l' { 0 } else { bytes.number()? });
        return Some(Argument(first, second));
    }
    Some(match letter {
        'f' => Argument(choice as u64 % 11, 0),
        'o' => Argument(OUT_AT + 64 * (choice as u64 % 64), 0),
        'p' => path(choice % PATHS.len()),
        'v' => Argument(VECTORS_AT + 32 * (choice as u64 % 6), choice as u64 / 6 % 5),
        'b' => [
            Argument(OUT_AT, 300),
            Argument(OUT_AT, 7),
            Argument(OUT_AT, 0),
            Argument(REQUEST_AT, REQUEST.len() as u64),
        ][choice % 4],
        'l' => Argument([0, 1, 2, 64, 66, 0x1fff_ffff, 4_999, 5_000][choice % 8], 0),
        _ => Argument(choice as u64 % 12, 0),
    })
}

#[cfg(test)]
pub(super) use draw::any_call;

/// Random calls for the tests.
#[cfg(test)]
mod draw {
    use proptest::prelude::*;

    use super::{Argument, CALLS, ImportCall, OUT_AT, PATHS, REQUEST, REQUEST_AT, VECTORS_AT, path};

    fn number() -> impl Strategy<Value = u64> + Clone {
        prop_oneof![
            8 => 0u64..12,
            2 => prop::sample::select(vec![64, 100, 1_000, 4_999, 5_000, 5_001, 65_535, 65_536]),
            1 => prop::sample::select(vec![u64::MAX, 1 << 63, 1 << 62, (1 << 32) - 1, 1 << 31, (1 << 31) - 1, i64::MAX as u64]),
        ]
    }

    fn pointer() -> impl Strategy<Value = u64> {
        prop_oneof![
            12 => (0u64..64).prop_map(|at| OUT_AT + 64 * at),
            2 => Just(VECTORS_AT),
            1 => prop::sample::select(vec![0, 65_535, 65_536, (1 << 32) - 1, (1 << 32) - 8]),
        ]
    }

    fn argument(letter: char) -> BoxedStrategy<Argument> {
        match letter {
            'f' => prop_oneof![20 => 0u64..10, 1 => number()].prop_map(|fd| Argument(fd, 0)).boxed(),
            'o' => pointer().prop_map(|at| Argument(at, 0)).boxed(),
            'p' => prop_oneof![
                30 => (0..PATHS.len()).prop_map(path),
                1 => (pointer(), number()).prop_map(|(at, len)| Argument(at, len)),
            ]
            .boxed(),
            'v' => prop_oneof![
                12 => (prop::sample::select(vec![0u64, 1, 2, 5]), 0u64..5).prop_map(|(at, count)| Argument(VECTORS_AT + 32 * at, count)),
                1 => (0u64..6, number()).prop_map(|(at, count)| Argument(VECTORS_AT + 32 * at, count)),
            ]
            .boxed(),
            'b' => prop_oneof![
                10 => prop::sample::select(vec![(OUT_AT, 300), (OUT_AT, 7), (OUT_AT, 0), (REQUEST_AT, REQUEST.len() as u64)])
                    .prop_map(|(at, len)| Argument(at, len)),
                1 => (pointer(), number()).prop_map(|(at, len)| Argument(at, len)),
            ]
            .boxed(),
            'l' => prop_oneof![3 => number(), 2 => prop::sample::select(vec![2u64, 64, 66, 0x1fff_ffff])]
                .prop_map(|value| Argument(value, 0))
                .boxed(),
            _ => number().prop_map(|value| Argument(value, 0)).boxed(),
        }
    }

    /// Returns any call with any arguments, mostly ones that do something. Calls that change files come more often, the
    /// exit seldom.
    pub(in crate::fuzzing) fn any_call() -> impl Strategy<Value = (ImportCall, Vec<Argument>)> {
        let weight = |call: &ImportCall| match call.name {
            "proc_exit" => 1,
            "path_open" => 60,
            name if name.starts_with("path_") || name.starts_with("fd_") => 20,
            _ => 5,
        };
        let draw = |call: &ImportCall| {
            let call = *call;
            let arguments: Vec<_> = call.shape.chars().map(argument).collect();
            (weight(&call), arguments.prop_map(move |arguments| (call, arguments)).boxed())
        };
        prop::strategy::Union::new_weighted(CALLS.iter().map(draw).collect())
    }
}
