//! Arrays between two guests, on the wire and in pickles: what a hostile side sends is plain data, or an error.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_guest::bridge_files;
use hyperspace_sandbox::{Job, Limits, Mount, Runtime, RuntimeName, Sandbox};
use hyperspace_testkit::{runtime, sandbox::config};

/// Decodes what a side that lies could send, and what an honest one sends.
const DECODE: &str = r#"
import base64, numpy as np, hyperspace_wire as wire
decode, encode = wire.Decoder().decode, wire.Encoder().encode
data = lambda raw: base64.b64encode(raw).decode()
hostile = [
    ["O", [1], data(b"\1\0\0\0")], ["|O", [1], data(b"\1\0\0\0")], ["|V8", [1], data(bytes(8))], ["<f8", [2], data(bytes(8))],
    ["<f8", [-1], ""], ["<f8", [1 << 62, 4, 0.5], ""], ["<f8", [True], data(bytes(8))], ["<f8", [1] * 40, data(bytes(8))],
    ["f8,O", [1], data(bytes(12))], ["<U1", [1], data(b"\xff\xff\xff\xff")], [">U1", [1], data(b"\xff\xff\xff\x7f")],
    ["|S0", [1000], ""], ["<U0", [1000], ""], ["<f8", None, ""], ["<f8", [1], "no base64"], [["<f8"], [1], data(bytes(8))], ["<f8"], None, 7, ["<M8[generic]", [1], ""],
]
for body in hostile:
    try:
        found = decode({"a": body})
    except wire.NotData:
        continue
    raise SystemExit(f"{body} became {found!r}")
assert decode({"a": ["|b1", [2], data(b"\2\0")]}).view("u1").tolist() == [1, 0]
for value in [np.arange(6.0).reshape(2, 3)[:, ::-1], np.array(2.5), np.zeros((3, 0)), np.arange(3, dtype=">i4"), np.float64(0.1), np.int64(-1),
              np.array(["a", "\U0001d11e"]), np.array([b"x"]), np.array(["2020-01-01"], "M8[D]"), np.array([np.nan, np.inf, -0.0])]:
    found = decode(encode(value))
    assert type(found) is type(value) and found.dtype == value.dtype and found.tobytes() == value.tobytes(), (value, found)
    assert isinstance(found, np.generic) or found.flags.writeable and found.shape == value.shape
records = np.array([(1, 2.5, True, [1, 2])], [("a", ">i4"), ("b", "f8"), ("c", "?"), ("d", "i2", 2)])
for value in [records, np.zeros((2, 2), "i4,f8"), np.array([None, 1, "a", (1, 2), [3]], object), np.array([[1, None]]), np.array(None)]:
    found = decode(encode(value))
    assert found.shape == value.shape and found.dtype.names == value.dtype.names and repr(found.tolist()) == repr(value.tolist()), (value, found)
masked = np.ma.array([1.0, 2.0], mask=[0, 1])
assert decode(encode(masked)).tolist() == [1.0, None]
for value, words in [(np.array([1, object()]), "[0] is an array of objects: [1] is of type object"), (np.zeros(1, [("a", "O"), ("b", "V3")]), "V3")]:
    try:
        encode([value])
    except wire.NotData as error:
        assert words in str(error), error
    else:
        raise SystemExit(f"{value!r} left its guest")
array = encode(np.zeros(2))
for body in [{"O": [[3], [1, 2]]}, {"O": [[-1], []]}, {"O": [None, None]}, {"O": [[1]]}, {"R": [[2], {"d": []}]}, {"R": [[3], {"d": ["a", array]}]},
             {"R": [[2], {"d": [1, array]}]}, {"R": [[2], {"d": ["a", 1]}]}, {"R": [[2], [array]]}, {"M": [array, array]}, {"M": [1, 2]}, {"M": []},
             {"M": [encode(np.zeros(2, bool)), encode(np.zeros(3, bool))]}, {"I": 7}, {"E": [1, 2, 3, 4, 5]}, {"E": ["os", "x", "y"]}, {"h": [1, "X", [], []]}]:
    try:
        found = decode(body)
    except wire.NotData:
        continue
    raise SystemExit(f"{body} became {found!r}")
print("all decoded")
"#;

#[test]
fn arrays_of_a_hostile_side_are_plain_data_or_an_error() {
    let sandbox = Sandbox::new(&config().with_runtime(Runtime::named(RuntimeName::Science))).unwrap();
    let bridge = FileSet::from_files(bridge_files()).unwrap();
    let job = Job::source("t.py", DECODE)
        .limits(Limits::default())
        .mount(Mount::read_only(RelPath::new("bridge").unwrap(), bridge))
        .python_path("/bridge");
    let report = runtime().block_on(sandbox.run(job)).unwrap();
    let printed = String::from_utf8_lossy(&report.stdout).into_owned();
    assert_eq!(printed, "all decoded\n", "{:?}", report.traceback);
}

/// Runs the tests of pickles where numpy is, with nothing left out.
const PICKLES: &str = "
import sys, unittest
sys.path.insert(0, '/sdk/tests')
result = unittest.main(module='test_pickles', exit=False, argv=['t']).result
skipped = [reason for _, reason in result.skipped]
assert result.wasSuccessful() and skipped == ['numpy is here'], result
print('ran', result.testsRun)
";

#[test]
fn pickles_that_a_program_wrote_are_plain_data_or_an_error() {
    let sandbox = Sandbox::new(&config().with_runtime(Runtime::named(RuntimeName::Science))).unwrap();
    let files = FileSet::from_files([
        ("tests/test_pickles.py", include_str!("../../../../guest-sdk/tests/test_pickles.py")),
        ("bridge/hyperspace_arrays.py", include_str!("../../../../guest-sdk/bridge/hyperspace_arrays.py")),
        (
            "bridge/hyperspace_evaluator/pickles.py",
            include_str!("../../../../guest-sdk/bridge/hyperspace_evaluator/pickles.py"),
        ),
    ]);
    let job = Job::source("t.py", PICKLES)
        .limits(Limits::default())
        .mount(Mount::read_only(RelPath::new("sdk").unwrap(), files.unwrap()));
    let report = runtime().block_on(sandbox.run(job)).unwrap();
    let printed = String::from_utf8_lossy(&report.stdout).into_owned();
    let told = String::from_utf8_lossy(&report.stderr).into_owned();
    assert_eq!(printed, "ran 10\n", "{told} {:?}", report.traceback);
}
