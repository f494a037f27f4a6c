"""Pickles that a program may have written are read as data. Those of numpy are tried where it is installed."""

import collections
import decimal
import importlib.util
import io
import os
import pathlib
import pickle
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bridge"))
PATH = pathlib.Path(__file__).resolve().parents[1] / "bridge" / "hyperspace_evaluator" / "pickles.py"
SPEC = importlib.util.spec_from_file_location("pickles", PATH)
pickles = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pickles)
HAS_NUMPY = importlib.util.find_spec("numpy") is not None


class Code:
    def __reduce__(self):
        return exec, ("pass",)


class State:
    """Pickles a call with arguments and a state."""

    def __init__(self, function, arguments, state=None):
        self.parts = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.parts


class Pickles(unittest.TestCase):
    def test_data_come_back(self):
        shared = [1]
        value = {"a": [1, 2.5, None, "é", b"x", {3}, 10**400], "b": decimal.Decimal("1.5"), "c": collections.Counter("aab"), "d": (shared, shared)}
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            found = pickles.loads(pickle.dumps(value, protocol))
            self.assertEqual(found, value)
            self.assertIs(found["d"][0], found["d"][1])

    def test_code_is_refused(self):
        for hostile in (Code(), {"a": [Code()]}, os.listdir, pathlib.PurePosixPath("a")):
            with self.assertRaisesRegex(pickle.UnpicklingError, "only data"):
                pickles.loads(pickle.dumps(hostile))

    def test_no_class_and_no_function_is_given_a_state(self):
        for made in (b"cfractions\nFraction\n", b"ccollections\nCounter\n", b"c_codecs\nencode\n", b"ccollections\nCounter\n(tR", b"(l", b"(d"):
            for state in (b"(N(dS'__eq__'\ncbuiltins\nslice\nst", b"(dS'a'\nI1\ns", b"(t"):
                with self.assertRaisesRegex(pickle.UnpicklingError, "only data"):
                    pickles.loads(made + state + b"b.")
        self.assertNotEqual(collections.Counter("a"), collections.Counter("b"))
        self.assertFalse(hasattr(collections.Counter, "a"))

    def test_only_open_files_of_the_task_are_read_as_python_reads_them(self):
        class Said(io.BytesIO):
            name = "/task/results.pkl"

        with self.assertRaisesRegex(pickle.UnpicklingError, "only data"):
            pickles.load(Said(pickle.dumps(os.listdir)))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.pkl")
            with open(path, "wb") as file:
                pickle.dump([1], file)
            # A name with the task's folder in front, of a file that is elsewhere.
            for name in (path, f"/tmp/..{path}"):
                with open(name, "rb") as file:
                    self.assertFalse(pickles.is_of_task(file))
                    self.assertEqual(pickles.load(file), [1])

    @unittest.skipIf(HAS_NUMPY, "numpy is here")
    def test_arrays_need_numpy(self):
        text = b"cnumpy\ndtype\n."
        with self.assertRaisesRegex(pickle.UnpicklingError, "science"):
            pickles.loads(text)


@unittest.skipUnless(HAS_NUMPY, "numpy is not installed")
class Arrays(unittest.TestCase):
    def test_arrays_and_numbers_come_back(self):
        import numpy as np

        values = [
            np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array([]), np.zeros((0, 3)), np.array(2.5),
            np.array([1, 2], ">i4"), np.array(["a", "bcd"]), np.array([b"a", b"bcd"]), np.array([True, False]), np.array([1 + 2j]),
            np.float64(0.1), np.int32(7), np.arange(10)[::2],
        ]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            for value in values:
                found = pickles.loads(pickle.dumps({"v": [value, value]}, protocol))["v"]
                expected = pickle.loads(pickle.dumps(value, protocol))
                self.assertIs(type(found[0]), type(expected))
                self.assertEqual((found[0].dtype, found[0].shape), (expected.dtype, expected.shape))
                self.assertTrue(np.array_equal(found[0], value), (protocol, value))
                self.assertTrue(found[0].flags.writeable or found[0].shape == ())
        self.assertEqual(pickles.loads(pickle.dumps(np.dtype(">f4"))), np.dtype(">f4"))

    def test_what_numpy_would_believe_is_refused(self):
        import numpy as np

        make = np._core.multiarray._reconstruct
        scalar = np._core.multiarray.scalar
        begun = (make, (np.ndarray, (0,), b"b"))
        plain = np.dtype("f8")
        hostile = [
            np.array([{}], object), np.array([(1, 2)], "i4,i4"), np.array([Code()], object), np.dtype("O"),
            State(*begun, (1, (4,), plain, False, b"12345678")), State(*begun, (1, (-1,), plain, False, b"")),
            State(*begun, (1, (1 << 62, 8), plain, False, b"12345678")), State(*begun, (1, (1,), plain, False, [1.0])),
            State(*begun, (1, (1,), plain, False)), State(make, (np.matrix, (0,), b"b"), (1, (1,), plain, False, b"12345678")),
            State(scalar, (plain, b"1")), State(scalar, (np.dtype("O"), b"12345678")), np.datetime64("2020-01-01"), np.frombuffer, np.load,
        ]
        for value in hostile:
            with self.assertRaises((pickle.UnpicklingError, TypeError, ValueError), msg=repr(value)):
                pickles.loads(pickle.dumps(value))

    def test_sizes_and_flags_of_a_type_are_not_believed(self):
        import numpy as np

        class Type:
            def __reduce__(self):
                return np.dtype, ("f8", False, True), (3, "<", None, None, None, 1 << 20, 1, 63)

        value = State(np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), (1, (1,), Type(), False, b"\0" * 8))
        found = pickles.loads(pickle.dumps(value))
        self.assertEqual((found.dtype, found.tolist()), (np.dtype("f8"), [0.0]))

    def test_an_array_is_filled_once(self):
        import numpy as np

        first, second = np.arange(6.0).reshape(2, 3), np.arange(1e5)
        filled_again = pickle.dumps(first, 2)[:-1] + pickle.dumps(second.__reduce__()[2], 2)[2:-1] + b"b."
        with self.assertRaisesRegex(pickle.UnpicklingError, "only data"):
            pickles.loads(filled_again)

    def test_bytes_that_are_no_values_are_not_believed(self):
        import numpy as np

        begun = (np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"))
        for kind, shape, raw in (("S0", (1000,), b""), ("U0", (1000,), b""), ("U1", (1,), b"\xff\xff\xff\x7f")):
            with self.assertRaisesRegex(pickle.UnpicklingError, "only data"):
                pickles.loads(pickle.dumps(State(*begun, (1, shape, np.dtype(kind), False, raw))))
        found = pickles.loads(pickle.dumps(State(*begun, (1, (3,), np.dtype("?"), False, b"\2\0\xff"))))
        self.assertEqual(found.view("u1").tolist(), [1, 0, 1])


if __name__ == "__main__":
    unittest.main()
