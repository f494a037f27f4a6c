"""The science runtime: arrays of numpy as values, with numpy in this process and without it."""

import base64
import unittest

import hyperspace as hs

try:
    import numpy
except ImportError:
    numpy = None

BOX = hs.Sandbox(runtime="science")
MATRIX = hs.Array("<f8", (2, 3), b"".join(bytes(7) + bytes([n]) for n in range(6)))


def facts(value):
    """The type, shape and bytes of an array, whatever holds it."""
    if isinstance(value, hs.Array):
        return value.dtype, value.shape, value.data
    return value.dtype.str, value.shape, value.tobytes()


class Runtimes(unittest.TestCase):
    def test_numpy_is_where_it_is_asked_for(self):
        self.assertEqual(hs.run("import numpy; print(numpy.arange(3).sum())", runtime="science").stdout, "3\n")
        self.assertEqual(hs.run("import numpy").exception, "ModuleNotFoundError")
        with self.assertRaises(hs.UsageError) as raised:
            hs.run("1", runtime="scince")
        self.assertIn("runtime", str(raised.exception))
        self.assertIn("science", str(raised.exception))

    def test_an_agent_may_use_it(self):
        agent = {"task_agent.py": "import numpy\ndef priority(item, bins):\n    return (-numpy.array(bins)).tolist()\n"}
        task = hs.Task.load("bin-packing")
        self.assertIsNone(task.evaluate(agent).score)
        self.assertIsNotNone(task.evaluate(agent, runtime="science").score)


class Arrays(unittest.TestCase):
    def test_an_array_goes_in_and_comes_back(self):
        code = "def f(a, names): return {'twice': a + a, 'sum': a.sum(), 'shape': a.shape, 'names': names}"
        value = BOX.call(code, "f", MATRIX, ["x", {"y": 1}]).unwrap()
        self.assertEqual(facts(value["twice"])[:2], ("<f8", (2, 3)))
        self.assertEqual((value["shape"], value["names"]), ([2, 3], ["x", {"y": 1}]))
        self.assertEqual(facts(BOX.call("def f(a): return a", "f", MATRIX).value), facts(MATRIX))
        self.assertEqual([facts(each.value)[1] for each in BOX.map("def f(a): return a.T", "f", [MATRIX, MATRIX])], [(3, 2)] * 2)

    def test_plain_values_are_the_same_in_both_runtimes(self):
        code = "def f(x): return x"
        for value in [None, True, 2**200, 1.5, "a\u0000b", [1, [2]], {"a": {"b": None}}, {}, {"a": 1, "d": {}}, {"a": ["<f8", [1], ""]}]:
            self.assertEqual(BOX.call(code, "f", value).value, hs.Sandbox().call(code, "f", value).value)
            self.assertEqual(BOX.call(code, "f", value).value, value)

    def test_sessions_take_and_give_them(self):
        with BOX.session() as session:
            self.assertEqual(session.execute("import numpy as np; a.shape[0] + n", {"a": MATRIX, "n": 1}).value, 3)
            self.assertEqual(facts(session.execute("[a, 1]").value[0]), facts(MATRIX))
            self.assertEqual(session.execute("{1}").text, "{1}")

    def test_numbers_that_have_another_form_here_stay_what_they_are(self):
        found = BOX.call("import numpy\ndef f(): return numpy.array([1.5], numpy.longdouble)", "f").value
        self.assertEqual((type(found), found.dtype, found.shape, len(found.data)), (hs.Array, "<f16", (1,), 16))
        self.assertEqual(BOX.call("def f(x): return float(x[0])", "f", found).value, 1.5)

    def test_what_cannot_cross_is_named(self):
        for code in ["import numpy\ndef f(): return numpy.array([object()])", "def f(): return {1, 2}", "def f(): return [float('nan')]"]:
            outcome = BOX.call(code, "f")
            self.assertEqual(outcome.kind, "exception", code)
        self.assertIn("return numbers, texts or arrays", BOX.call("import numpy\ndef f(): return [numpy.array([None])]", "f").message)
        with self.assertRaises(hs.UsageError) as raised:
            hs.Sandbox().call("def f(a): pass", "f", MATRIX)
        self.assertIn("science", str(raised.exception))
        with self.assertRaises(hs.UsageError) as raised:
            BOX.map("def f(a): pass", "f", [1, {2}])
        self.assertIn("input 1", str(raised.exception))

    def test_what_a_hostile_guest_calls_an_array_stays_what_it_said(self):
        data = base64.b64encode(bytes(8)).decode()
        for body in [["|O", [1], data], ["<f8", [2], data], ["<f8", [-1], ""], ["<f8", [True], data], ["<f8", [1], "no base64"], None, 7,
                     ["<f8", [1] * 40, data], [["<f8"], [1], data], ["|V8", [1], data]]:
            code = f"import hyperspace_values\nhyperspace_values.encoded = lambda value: {{'a': {body!r}}}\ndef f(): pass"
            value = BOX.call(code, "f").value
            if numpy is not None or not isinstance(value, hs.Array):
                self.assertEqual(value, {"a": body})

    @unittest.skipIf(numpy is None, "numpy is not installed")
    def test_arrays_of_this_process(self):
        same = "def f(x): return x"
        for value in [
            numpy.arange(6.0).reshape(2, 3)[:, ::-1], numpy.array(2.5), numpy.zeros((3, 0)), numpy.arange(3, dtype=">i4"),
            numpy.array([True, False]), numpy.array(["a", "\U0001d11e"]), numpy.array([b"x"]), numpy.array(["2020-01-01"], "M8[D]"),
            numpy.array([numpy.nan, numpy.inf, -0.0]), numpy.array([1 + 2j]), numpy.arange(100_000, dtype="f4"),
        ]:
            found = BOX.call(same, "f", value).unwrap()
            self.assertIs(type(found), numpy.ndarray)
            self.assertEqual((found.dtype, found.shape, found.tobytes()), (value.dtype, value.shape, value.tobytes()))
            self.assertTrue(found.flags.writeable)
        for number in [numpy.float64(0.1), numpy.int64(-1), numpy.bool_(True)]:
            found = BOX.call(same, "f", number).unwrap()
            self.assertEqual((type(found), found), (type(number), number))
        for value, word in [
            (numpy.array([1.5], numpy.longdouble), "f8"), (numpy.longdouble(1), "astype"),
            (numpy.ma.masked_array([1, 2], mask=[0, 1]), "masked"), (numpy.zeros((1,) * 33), "33 dimensions"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                BOX.call(same, "f", value)
            self.assertIn(word, str(raised.exception))
        with self.assertRaises(hs.UsageError):
            BOX.call(same, "f", numpy.array([object()]))
        with self.assertRaises(hs.UsageError) as raised:
            hs.Sandbox().call(same, "f", [numpy.arange(3)])
        self.assertIn("science", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
