"""smolagents: the executor alone, and in a `CodeAgent`."""

import unittest

from attacks import ATTACKS

import hyperspace as hs
from hyperspace.adapters.smolagents import ExecutionError, Executor


class Alone(unittest.TestCase):
    def test_state_output_and_logs(self):
        executor = Executor()
        executor.send_variables({"x": 1})
        self.assertEqual(executor("print('seen')\nx + 1"), (2, "seen\n", False))
        self.assertEqual(executor("x += 1\nx").output, 2)
        self.assertEqual(Executor(max_print_outputs_length=3)("print('abcdef')").logs, "abc\n… 4 more characters")
        executor.cleanup()
        with self.assertRaises(ExecutionError):
            executor("x")

    def test_tools_and_the_final_answer(self):
        executor = Executor()
        executor.send_tools({"add": lambda a, b=1: a + b, "final_answer": lambda answer: answer * 2})
        self.assertEqual(executor("add(1, b=2) + add(3)").output, 7)
        self.assertEqual(executor("final_answer(add(20, 1))\nraise ValueError"), (42, "", True))
        executor.send_tools({})
        self.assertEqual(executor("final_answer(answer=(1, {2}))"), ("(1, {2})", "", True))
        with self.assertRaises(ExecutionError):
            executor("final_answer(1, 2)")

    def test_failures_tell_the_agent(self):
        executor = Executor(timeout=0.3)
        with self.assertRaises(ExecutionError) as raised:
            executor("print('before')\n1 / 0")
        self.assertIn("ZeroDivisionError", str(raised.exception))
        self.assertEqual(executor.state["_print_outputs"], "before\n")
        executor("x = 1")
        with self.assertRaises(ExecutionError):
            executor("x = 2\nwhile True: pass")
        self.assertEqual(executor("x").output, 1)

    def test_bad_requests_are_named(self):
        for call, words in [
            (lambda: Executor(timeout=0), "timeout"), (lambda: Executor().send_variables({"x": object()}), "x"),
            (lambda: Executor().send_tools({"x": 1}), "x"), (lambda: Executor()(3), "text"), (lambda: Executor(tools={}), "tools"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                call()
            self.assertIn(words, str(raised.exception))

    def test_attacks_answer_nothing(self):
        forged = ["raise SystemExit(0)", "class HyperspaceFinal(BaseException): pass\nraise HyperspaceFinal"]
        known = [  # ways out of the local executor
            "import os\nos.system('true')", "().__class__.__base__.__subclasses__()\nopen('/etc/passwd').read()",
            "import random\nrandom._os.system('true')", "import queue\nqueue.threading.sys.modules['os'].popen('true').read()",
        ]
        for code in [*forged, *ATTACKS.values(), *known]:
            executor = Executor(timeout=0.3, memory="64MiB")
            try:
                self.assertFalse(executor(code).is_final_answer, code)
            except ExecutionError:
                pass
        for code in known[1:2]:
            with self.assertRaises(ExecutionError):
                Executor()(code)


class Released(unittest.TestCase):
    def test_an_agent_works_with_it(self):
        try:
            from smolagents import CodeAgent, Tool
            from smolagents.models import ChatMessage, MessageRole, Model
        except ImportError:
            self.skipTest("smolagents is not installed")

        class Lookup(Tool):
            name, description, output_type = "lookup", "looks up", "integer"
            inputs = {"key": {"type": "string", "description": "the key"}}

            def forward(self, key: str) -> int:
                return {"a": 40}[key]

        class Scripted(Model):
            def __init__(self, *codes):
                super().__init__()
                self.codes = list(codes)

            def generate(self, messages, **_):
                return ChatMessage(role=MessageRole.ASSISTANT, content=f"Thought: go\n<code>\n{self.codes.pop(0)}\n</code>")

        model = Scripted("x = lookup('a') + 1\nprint(x)", "1 / 0", "final_answer(x + extra)")
        agent = CodeAgent(tools=[Lookup()], model=model, executor=Executor(), verbosity_level=0)
        self.assertEqual(agent.run("go", additional_args={"extra": 1}), 42)
        errors = [str(step.error) for step in agent.memory.steps if getattr(step, "error", None)]
        self.assertEqual(len(errors), 1)
        self.assertIn("ZeroDivisionError", errors[0])


if __name__ == "__main__":
    unittest.main()
