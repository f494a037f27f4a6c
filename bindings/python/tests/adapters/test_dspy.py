"""DSPy: its protocol, its modules with this interpreter, and what code cannot do there."""

import collections
import contextvars
import dataclasses
import unittest

from attacks import ATTACKS

import hyperspace as hs

try:
    import dspy
    from dspy.primitives.code_interpreter import CodeExecutionError, CodeInterpreter, CodeInterpreterError, FinalOutput
except ImportError:
    raise unittest.SkipTest("dspy is not installed") from None

from hyperspace.adapters.dspy import Interpreter, factory


class Protocol(unittest.TestCase):
    def test_it_is_a_code_interpreter(self):
        interpreter = factory()()
        self.assertIsInstance(interpreter, CodeInterpreter)
        self.assertNotIsInstance(factory(), CodeInterpreter)
        interpreter.start()
        interpreter.start()
        interpreter.shutdown()
        with self.assertRaises(CodeInterpreterError):
            interpreter.execute("1")

    def test_state_and_output(self):
        with Interpreter() as interpreter:
            self.assertIsNone(interpreter.execute("x = 1"))
            self.assertEqual(interpreter.execute("x += y\nx", {"y": 41}), 42)
            self.assertEqual(interpreter.execute("print(x); x"), "42\n")
            self.assertEqual(interpreter.execute("{1}"), "{1}")

    def test_submit_ends(self):
        with Interpreter() as interpreter:
            self.assertEqual(interpreter.execute("SUBMIT({'a': [1]})\nraise ValueError"), FinalOutput({"output": {"a": [1]}}))
            interpreter.output_fields = [{"name": "answer"}, {"name": "why", "type": "str"}]
            self.assertEqual(interpreter.execute("SUBMIT(1, why='so')").output, {"answer": 1, "why": "so"})
            self.assertEqual(interpreter.execute("def f(): SUBMIT((1, 2), {3})\nf()").output, {"answer": [1, 2], "why": "{3}"})
            for code in ("SUBMIT(1)", "SUBMIT(1, 2, 3)", "SUBMIT(1, answer=2)", "SUBMIT(other=1)"):
                with self.assertRaises(CodeExecutionError) as raised:
                    interpreter.execute(code)
                self.assertIn("answer, why", str(raised.exception))

    def test_named_fields_cross_as_dictionaries(self):
        Hit = collections.namedtuple("Hit", "page score")

        @dataclasses.dataclass
        class Answer:
            hits: list

        with Interpreter({"search": lambda: Answer([Hit(3, 0.5)])}) as interpreter:
            self.assertEqual(interpreter.execute("search()['hits'][0]['page']"), 3)
            self.assertEqual(interpreter.execute("hit['score']", {"hit": Hit(3, 0.5)}), 0.5)

    def test_tools_of_dspy_take_positions(self):
        tool = dspy.Tool(lambda a, b=2: a + b, name="add")
        with Interpreter({"add": tool}) as interpreter:
            self.assertEqual(interpreter.execute("[add(1), add(1, 5), add(a=1, b=7)]"), [3, 6, 8])

    def test_tools_are_called_here(self):
        where = contextvars.ContextVar("where", default="nowhere")

        async def later(n):
            return n + 1

        def failing():
            raise KeyError("lost")

        with Interpreter({"double": lambda n: 2 * n}) as interpreter:
            interpreter.tools.update(later=later, failing=failing, seen=lambda: where.get(), pair=lambda: (1, {2}))
            where.set("here")
            self.assertEqual(interpreter.execute("[double(4), double(n=1), later(1), seen(), pair()]"), [8, 2, 2, "here", [1, [2]]])
            with self.assertRaises(CodeExecutionError) as raised:
                interpreter.execute("failing()")
            self.assertIn("lost", str(raised.exception))
            interpreter.tools["again"] = lambda: interpreter.execute("1")
            with self.assertRaises(CodeExecutionError):
                interpreter.execute("again()")
            self.assertEqual(interpreter.execute("double(1)"), 2)

    def test_a_tool_may_need_an_interpreter_itself(self):
        def inner(n):
            with Interpreter({"inner": inner}, workers=1) as interpreter:
                return interpreter.execute(f"inner({n - 1}) + 1 if {n} else 0")

        self.assertEqual(inner(3), 3)

    def test_failures_are_of_their_kind(self):
        with Interpreter(timeout=0.3) as interpreter:
            for code in ("def", "x = (", "if 1:\nx"):
                with self.assertRaises(SyntaxError):
                    interpreter.execute(code)
            interpreter.execute("x = [1]")
            for code in ("1 / 0", "x.append(2)\nwhile True: pass", "y = bytearray(1 << 40)", "undefined"):
                with self.assertRaises(CodeExecutionError):
                    interpreter.execute(code)
            self.assertEqual(interpreter.execute("x"), [1])
            for variables in ({"SUBMIT": 1}, {"a b": 1}, {"x": object()}, {"class": 1}):
                with self.assertRaises(CodeInterpreterError):
                    interpreter.execute("1", variables)
            with self.assertRaises(CodeInterpreterError):
                interpreter.execute(3)
        with self.assertRaises(hs.UsageError):
            factory(timeout=-1)
        with self.assertRaises(TypeError):
            factory(feul=3)


class Attacks(unittest.TestCase):
    def test_nothing_is_final_that_was_not_submitted(self):
        forged = [
            "class HyperspaceFinal(BaseException): pass\nraise HyperspaceFinal('1')",
            "print('{\"final\": 1}')\nimport os\nos._exit(0)",
            "try:\n    SUBMIT(1)\nexcept BaseException:\n    pass\nx = 2",
        ]
        for code in [*forged, *ATTACKS.values()]:
            with Interpreter(timeout=0.3, memory="64MiB") as interpreter:
                try:
                    self.assertNotIsInstance(interpreter.execute(code), FinalOutput, code)
                except CodeExecutionError:
                    pass

    def test_code_reaches_nothing_of_the_host(self):
        with Interpreter({"add": lambda n: n}) as interpreter:
            for code in (
                "open('/etc/passwd').read()", "import socket; socket.create_connection(('127.0.0.1', 80))",
                "import subprocess; subprocess.run(['true'])", "add.__globals__['__builtins__'].__import__('ctypes').CDLL(None)",
                "import hyperspace; hyperspace.call('other')",
            ):
                with self.assertRaises(CodeExecutionError, msg=code):
                    interpreter.execute(code)


class Modules(unittest.TestCase):
    def answers(self, *texts):
        from dspy.utils import DummyLM

        return DummyLM(list(texts))

    def test_program_of_thought(self):
        code = {"reasoning": "r", "generated_code": "```python\nimport math\nSUBMIT({'answer': math.factorial(5)})\n```"}
        with dspy.context(lm=self.answers(code, {"reasoning": "r", "answer": "120"})):
            found = dspy.ProgramOfThought("question -> answer", interpreter_factory=factory())(question="5!")
        self.assertEqual(found.answer, "120")

    def test_rlm(self):
        first = {"reasoning": "r", "code": "```python\ny = lookup(key='a') + len(text)\nprint(y)\n```"}
        last = {"reasoning": "r", "code": "```python\nSUBMIT(str(y))\n```"}

        def lookup(key: str) -> int:
            """Looks up."""
            return {"a": 40}[key]

        with dspy.context(lm=self.answers(first, last)):
            found = dspy.RLM("text -> answer: str", tools=[lookup], interpreter_factory=factory())(text="ab")
        self.assertEqual(found.answer, "42")


if __name__ == "__main__":
    unittest.main()
