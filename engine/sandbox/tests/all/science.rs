//! The science runtime: numpy and scipy with the values of a 64-bit machine, the same everywhere, and contained.

use std::sync::OnceLock;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{Item, Job, Limits, Mount, Report, Runtime, RuntimeName, Sandbox, Setup};
use hyperspace_testkit::sandbox::{config, sandbox};

const COMPARE: &str = include_str!("../science/compare.py");
const VALUES: &str = include_str!("../science/values.json");
const SCIPY: &str = include_str!("../science/scipy.json");
const PACKING: &str = include_str!("../science/packing.py");
const ELEMENTARY: &str = include_str!("../science/elementary.json");
const DIFFERENCES: &str = include_str!("../science/differences.json");

fn science() -> &'static Sandbox {
    static SCIENCE: OnceLock<Sandbox> = OnceLock::new();
    SCIENCE.get_or_init(|| {
        Sandbox::new(&config().with_verify(true).with_runtime(Runtime::named(RuntimeName::Science))).unwrap()
    })
}

fn job(source: &str) -> Job {
    let limits = Limits::default().with_fuel(200_000_000_000).with_wall_clock_ms(600_000);
    Job::source("t.py", source).limits(limits)
}

fn run(source: &str) -> Report {
    science().run_blocking(job(source)).unwrap()
}

/// Runs a program that has to complete, and returns what it prints.
fn printed(source: &str) -> String {
    let report = run(source);
    let text = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(
        report.outcome.is_completed(),
        "{:?}\n{text}{}",
        report.outcome,
        String::from_utf8_lossy(&report.stderr)
    );
    text
}

/// Runs `source` beside the files of the recorded values.
fn compared(source: &str) -> String {
    let files = [
        ("compare.py", COMPARE),
        ("values.json", VALUES),
        ("scipy.json", SCIPY),
        ("differences.json", DIFFERENCES),
        ("elementary.json", ELEMENTARY),
    ];
    let files = FileSet::from_files(files.map(|(name, text)| (name, text.as_bytes()))).unwrap();
    let job =
        job(source).mount(Mount::read_only(RelPath::new("check").unwrap(), files)).python_path("/check");
    let report = science().run_blocking(job).unwrap();
    let text = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(
        report.outcome.is_completed(),
        "{:?}\n{text}{}",
        report.outcome,
        String::from_utf8_lossy(&report.stderr)
    );
    text
}

/// Compares every expression of a file of recorded values with what it gives in the guest, and returns how many are equal, and how many
/// ask for a part that the runtime says it does not have.
fn values_of(file: &str) -> (usize, usize) {
    let text = compared(&format!(
        "import json, compare, numpy as np\n\
         equal = absent = 0\n\
         for section in json.load(open('/check/{file}')):\n\
         \x20   for expression, value in section['checks']:\n\
         \x20       old = np.geterr()\n\
         \x20       found = compare.of(expression, section.get('prelude', ()))\n\
         \x20       np.seterr(**old)\n\
         \x20       if compare.same(value, found, section['tolerance']):\n\
         \x20           equal += 1\n\
         \x20       elif 'is not a part of this runtime (docs/science.md has what is)' in str(found):\n\
         \x20           absent += 1\n\
         \x20       else:\n\
         \x20           print('DIFFERS', section['name'], '|', expression, '\\n  there', value, '\\n  here ', found)\n\
         print(equal, absent)\n"
    ));
    assert!(!text.contains("DIFFERS"), "{text}");
    let (equal, absent) = text.trim().split_once(' ').unwrap();
    (equal.parse().unwrap(), absent.parse().unwrap())
}

#[test]
fn values_are_those_of_64_bit_linux() {
    assert_eq!(values_of("values.json"), (729, 0));
}

#[test]
fn scipy_gives_the_values_of_64_bit_linux_or_says_what_is_not_there() {
    assert_eq!(values_of("scipy.json"), (444, 1));
}

/// Compares elementary functions with the doubles nearest to their values: at most 1 ulp beside them, tanh 2, alone and in arrays.
#[test]
fn elementary_functions_are_exact_to_an_ulp() {
    let text = compared(
        "import json, numpy as np\n\
         worst = {}\n\
         for name, rows in json.load(open('/check/elementary.json')).items():\n\
         \x20   *operands, exact = np.array([[float.fromhex(x) for x in row] for row in rows]).T\n\
         \x20   found = getattr(np, name)(*operands)\n\
         \x20   alone = np.array([getattr(np, name)(*row) for row in zip(*operands)])\n\
         \x20   apart = getattr(np, name)(*[x.repeat(3)[1::3] for x in operands])\n\
         \x20   assert found.tobytes() == alone.tobytes() == apart.tobytes(), name\n\
         \x20   worst[name] = int(np.abs(found.view('i8') - exact.view('i8')).max())\n\
         print(worst)\n\
         assert all(ulps <= (2 if name == 'tanh' else 1) for name, ulps in worst.items())\n",
    );
    assert!(text.contains("'power'"), "{text}");
}

/// Computes the sums that products of matrices promise: products are not rounded before they are added, in order of the inner index.
#[test]
fn products_of_matrices_are_fused_sums_in_order() {
    let text = printed(
        "import numpy as np\n\
         from fractions import Fraction\n\
         r = np.random.default_rng(1)\n\
         for m, k, n in ((3, 7, 2), (9, 20, 11), (5, 33, 6)):\n\
         \x20   a, b = r.normal(size=(m, k)), r.normal(size=(k, n))\n\
         \x20   for left, right in ((a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (a.repeat(2, 1)[:, ::2], b)):\n\
         \x20       found = left @ right\n\
         \x20       for i in range(m):\n\
         \x20           for j in range(n):\n\
         \x20               total = 0.0\n\
         \x20               for l in range(k):\n\
         \x20                   total = float(Fraction(total) + Fraction(float(a[i, l])) * Fraction(float(b[l, j])))\n\
         \x20               assert total == found[i, j], (m, k, n, i, j)\n\
         print('same')\n",
    );
    assert_eq!(text, "same\n");
}

/// The sum of the radii of 26 circles in the unit square, which programs of optimizers are often measured by.
#[test]
fn circles_are_packed_by_slsqp_within_the_fuel_of_a_case() {
    let files = FileSet::from_files([("packing.py", PACKING.as_bytes())]).unwrap();
    let source = "import packing\nprint(packing.pack(range(2062, 2064)))";
    let job = Job::source("t.py", source)
        .limits(Limits::default().with_fuel(5_000_000_000))
        .mount(Mount::read_only(RelPath::new("check").unwrap(), files))
        .python_path("/check");
    let report = science().run_blocking(job).unwrap();
    assert!(report.outcome.is_completed(), "{:?} {}", report.outcome, report.fuel_used);
    let sum: f64 = String::from_utf8(report.stdout).unwrap().trim().parse().unwrap();
    assert!((2.63597..2.64).contains(&sum), "{sum}");
}

/// Each row says what a 64-bit Linux gives (recorded) and what the guest gives, and that the two are not the same.
#[test]
fn what_differs_from_64_bit_linux_is_what_the_table_says() {
    let text = compared(
        "import json, compare, numpy as np\n\
         rows, old = json.load(open('/check/differences.json')), np.geterr()\n\
         for row in rows:\n\
         \x20   found = compare.of(row['expression'])\n\
         \x20   np.seterr(**old)\n\
         \x20   if not compare.same(row['here'], found, 0) or compare.same(row['there'], found, 0):\n\
         \x20       print('DIFFERS', row['expression'], '\\n  there', row['there'], '\\n  table', row['here'], '\\n  found', found)\n\
         print(len(rows))\n",
    );
    assert!(!text.contains("DIFFERS"), "{text}");
    assert!(text.trim().parse::<usize>().unwrap() >= 5, "{text}");
}

#[test]
fn numpy_and_the_core_of_scipy_are_imported_already() {
    let (before, after) = (run("pass"), run("import numpy"));
    let cost = after.fuel_used - before.fuel_used;
    assert!(cost < 2_000_000, "{cost}");
    assert!(before.fuel_used < 4_000_000, "{}", before.fuel_used);
    assert_eq!(run("import numpy").fuel_used, after.fuel_used);
    let core = run(
        "import scipy.optimize, scipy.linalg, scipy.special, scipy.sparse.linalg, scipy.spatial, scipy.fft",
    );
    assert!(core.outcome.is_completed());
    let cost = core.fuel_used - before.fuel_used;
    assert!(cost < 2_000_000, "{cost}");
}

#[test]
fn the_plain_runtime_has_no_numpy_and_the_same_python() {
    let report = sandbox().run_blocking(job("import numpy")).unwrap();
    assert_eq!(report.outcome.name(), "exception");
    let source = "import sys, hashlib\nprint(sys.version, hashlib.sha256(b'x').hexdigest(), 0.1 + 0.2)";
    let plain = sandbox().run_blocking(job(source)).unwrap();
    assert_eq!(plain.stdout, run(source).stdout);
    assert_eq!(science().runtime_name(), Some(RuntimeName::Science));
    assert_ne!(science().runtime_digest(), sandbox().runtime_digest());
}

/// Compares what `np.empty` shows: memory that the guest itself wrote and gave back, or zeros, a function of its own history.
#[test]
fn uninitialised_memory_is_a_function_of_the_guest_alone() {
    let dirty = "import numpy as np\n\
                 a = np.full(100_000, 7.5); del a\n\
                 print([np.empty(n).tobytes().hex()[:400] for n in (1, 7, 100, 1000, 100_000)])\n\
                 print(hash(np.empty(300_000).tobytes()))";
    let clean =
        "import numpy as np\nprint([hash(np.empty(n).tobytes()) for n in (1, 7, 100, 1000, 100_000)])";
    let secret = "import numpy as np\na = np.frombuffer(b'secret!!' * 500_000, 'u8').copy()\nprint(a.sum())";
    let [first, _, second, third, _, fourth] = [clean, secret, clean, dirty, secret, dirty].map(run);
    assert_eq!((first.stdout, first.fuel_used), (second.stdout, second.fuel_used));
    assert_eq!((third.stdout, third.fuel_used), (fourth.stdout, fourth.fuel_used));
    let seen = "import numpy as np\n\
                all = [np.empty(n, 'u1').tobytes() for n in (8, 64, 4096, 1 << 20, 1 << 22)]\n\
                print(any(b'secret' in part for part in all))";
    run(secret);
    assert_eq!(printed(seen), "False\n");
}

#[test]
fn chance_of_numpy_is_keyed_by_the_seed_of_the_run() {
    let source = "import numpy as np\nprint(np.random.rand(), np.random.default_rng().integers(2**62))";
    let with = |seed| science().run_blocking(job(source).seed(seed)).unwrap().stdout;
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
    assert_ne!(
        printed("import numpy as np\nprint(np.random.rand(), np.random.rand())"),
        printed("import numpy as np\nprint(np.random.rand())")
    );
}

#[test]
fn arrays_are_written_to_files_and_read_again() {
    let text = printed(
        "import numpy as np, os\n\
         a = np.arange(100_000.0).reshape(100, 1000)\n\
         np.save('a.npy', a)\n\
         print((np.load('a.npy') == a).all(), os.path.getsize('a.npy'))\n\
         a[::3, ::7].tofile('b.bin')\n\
         print((np.fromfile('b.bin') == a[::3, ::7].ravel()).all())\n\
         with open('c.bin', 'w+b') as file:\n\
         \x20   file.write(b'head')\n\
         \x20   np.arange(5).tofile(file)\n\
         \x20   file.write(b'tail')\n\
         \x20   file.seek(4)\n\
         \x20   print(np.fromfile(file, dtype=int, count=5), file.read())\n\
         np.savez_compressed('d.npz', a=a, b=[1])\n\
         with np.load('d.npz') as both:\n\
         \x20   print((both['a'] == a).all(), both['b'])\n\
         np.arange(6).reshape(2, 3).tofile('e.txt', sep=' ')\n\
         print(open('e.txt').read(), np.fromfile('e.txt', dtype=int, sep=' '))\n\
         for n in range(200):\n\
         \x20   np.save('f.npy', a[0])\n\
         try:\n\
         \x20   np.fromfile('absent')\n\
         except FileNotFoundError as error:\n\
         \x20   print(error.errno)\n",
    );
    let expected = "True 800128\nTrue\n[0 1 2 3 4] b'tail'\nTrue [1]\n0 1 2 3 4 5 [0 1 2 3 4 5]\n44\n";
    assert_eq!(text, expected);
}

#[test]
fn forks_of_an_imported_program_are_equal_to_fresh_runs() {
    let setup = Setup::import(&["numpy", "numpy.linalg"]);
    let template = science().template(setup).unwrap();
    for n in 0..4 {
        let source = format!(
            "import numpy as np\na = np.full(1000, {n}.5)\nprint(a.sum(), np.random.rand(), np.empty(500).tobytes()[:80])"
        );
        let item = || Item::source("t.py", &source);
        let (forked, fresh) =
            (template.fork_blocking(item()).unwrap(), template.fresh_blocking(item()).unwrap());
        assert_eq!(forked, fresh);
        assert!(forked.outcome.is_completed());
    }
}

/// Programs that get hold of memory that is not theirs. They end, fail or read their own linear memory; the sandbox goes on, with
/// every byte of its memory compared before the next run (`verify`).
#[test]
fn hostile_programs_stay_in_their_own_memory() {
    let programs = [
        // Views beyond an array.
        "from numpy.lib.stride_tricks import as_strided\nimport numpy as np\na = as_strided(np.zeros(1), (1 << 20,), (4096,))\nprint(a.sum())",
        "from numpy.lib.stride_tricks import as_strided\nimport numpy as np\na = as_strided(np.zeros(1), (1 << 20,), (-4096,))\na[:] = 3",
        "from numpy.lib.stride_tricks import as_strided\nimport numpy as np\na = as_strided(np.zeros(1, 'u1'), (1 << 32,), (1,))\nprint(a[::65536].sum())",
        "from numpy.lib.stride_tricks import as_strided\nimport numpy as np\na = as_strided(np.zeros(1), (4,), (1 << 40,))\nprint(a)",
        "from numpy.lib.stride_tricks import as_strided\nimport numpy as np\na = as_strided(np.zeros(2, object), (1 << 16,), (4,))\nprint([x for x in a])",
        // Addresses that numpy is told.
        "import numpy as np\nclass A: __array_interface__ = {'shape': (1 << 20,), 'typestr': '|u1', 'data': (0, False), 'version': 3}\na = np.asarray(A())\na[:] = 255",
        "import numpy as np\nclass A: __array_interface__ = {'shape': (16,), 'typestr': '|u1', 'data': (0xfffffff0, False), 'version': 3}\na = np.asarray(A())\nprint(a.sum())",
        "import numpy as np\nclass A: __array_interface__ = {'shape': (1,), 'typestr': '|O', 'data': (64, False), 'version': 3}\nprint(np.asarray(A())[0])",
        "import numpy as np\na = np.arange(4)\nclass A: __array_interface__ = dict(a.__array_interface__, shape=(1 << 28,))\nb = np.asarray(A())\nb[:] = 1",
        // Sizes that do not fit.
        "import numpy as np\nnp.zeros((1 << 16, 1 << 16, 1 << 16))",
        "import numpy as np\na = np.broadcast_to(np.zeros(1), (1 << 33,))\na.copy()",
        "import numpy as np\na = np.zeros(4)\na.resize((1 << 32) + 4, refcheck=False)\nprint(a[-1])",
        "import numpy as np\nnp.repeat(np.zeros(1 << 20, 'u1'), 1 << 12)",
        "import numpy as np\nnp.arange((1 << 32) + 2, dtype='u1')",
        "import numpy as np\na = np.broadcast_to(np.zeros(1, 'u1'), (1 << 32,))\na.tobytes()",
        "import numpy as np\na = np.broadcast_to(np.zeros(1, 'u1'), (1 << 32,))\nprint(len(memoryview(a)))",
        "import numpy as np\nnp.frombuffer(b'x' * 16, count=1 << 31)",
        "import numpy as np\nnp.ndarray((1 << 31,), 'u1', b'x' * 16)",
        "import numpy as np\nnp.fft.fft(np.zeros(1 << 24))",
        "import numpy as np\nnp.zeros(1 << 20, 'S4096')",
        // State that is set by hand.
        "import numpy as np\na = np.zeros(4)\na.__setstate__((1, (1 << 20,), np.dtype('f8'), False, b'x' * 8))",
        "import numpy as np, pickle\nprint(pickle.loads(pickle.dumps(np.dtype([('a', 'i8')])).replace(b'K\\x08', b'K\\xff')))",
        "import numpy as np\nd = np.dtype({'names': ['a'], 'formats': ['u8'], 'offsets': [1 << 30]})\nprint(np.zeros(2, d))",
        "import numpy as np\nnp.random.MT19937(1).state = {'bit_generator': 'MT19937', 'state': {'key': np.zeros(624, 'u4'), 'pos': 1 << 30}}\nprint(np.random.rand())",
        "import numpy as np\ng = np.random.MT19937(1)\ns = g.state\ns['state']['pos'] = -(1 << 30)\ng.state = s\nprint(g.random_raw())",
    ];
    let digest = |report: &Report| (report.outcome.clone(), report.stdout.clone(), report.fuel_used);
    for source in programs {
        let report = run(source);
        assert_eq!(digest(&report), digest(&run(source)), "{source}");
        assert_eq!(
            printed("import numpy as np\nprint(np.arange(5).sum(), np.zeros(9).sum())"),
            "10 0.0\n",
            "{source}"
        );
    }
}
