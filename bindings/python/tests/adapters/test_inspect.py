"""inspect_ai: its own checks of sandbox environments, an evaluation with tools, and attacks."""

import asyncio
import tempfile
import unittest

from attacks import ATTACKS

try:
    import inspect_ai
    import inspect_ai.util
    from inspect_ai.util import ExecResult
except ImportError:
    raise unittest.SkipTest("inspect_ai is not installed") from None

from hyperspace.adapters.inspect_ai import HyperspaceConfig, HyperspaceSandboxEnvironment

# Files have no modes, and there are no other users.
NOT_HELD = {
    "test_exec_as_user",
    "test_read_file_not_allowed",
    "test_write_binary_file_without_permissions",
    "test_write_text_file_without_permissions",
}
if not hasattr(inspect_ai.util, "SandboxUserUnsupportedError"):
    # Older versions expect such a command to fail, and have no error for a sandbox that cannot.
    NOT_HELD.add("test_exec_as_nonexistent_user")


async def made(config=None):
    return (await HyperspaceSandboxEnvironment.sample_init("task", config, {}))["default"]


def run(work):
    async def go():
        return await work(await made())

    return asyncio.run(go())


class SelfCheck(unittest.TestCase):
    def test_the_checks_of_the_package_hold(self):
        try:
            from inspect_ai.util._sandbox import self_check
        except ImportError:
            self.skipTest("this version has no checks")
        names = [name for name in dir(self_check) if name.startswith("test_")]
        self.assertGreater(len(names), 30)
        failed = set()
        for name in names:
            try:
                run(getattr(self_check, name))
            except Exception as error:
                failed.add(name)
                if name not in NOT_HELD:
                    print(f"{name}: {type(error).__name__}: {error}")
        self.assertEqual(failed, NOT_HELD & set(names))


class Environment(unittest.TestCase):
    def test_commands_and_files(self):
        async def work(box):
            await box.write_file("a/main.py", "import sys; print(sys.argv[1:], sys.stdin.read())")
            done = await box.exec(["python3", "a/main.py", "$HOME", "it's"], input="in")
            self.assertEqual(done, ExecResult(success=True, returncode=0, stdout="['$HOME', \"it's\"] in\n", stderr=""))
            done = await box.exec(["bash", "--login", "-c", "cd a && pwd; ls | wc -l; exit 4"])
            self.assertEqual((done.stdout, done.returncode), ("/workspace/a\n1\n", 4))
            self.assertEqual((await box.exec(["python3", "-"], input="print(2 ** 10)")).stdout, "1024\n")
            with self.assertRaises(FileNotFoundError):
                await box.exec(["true"], cwd="none")
            with self.assertRaises(UnicodeDecodeError):
                await box.exec(["printf", "\\377"])

        run(work)

    def test_attacks_reach_nothing(self):
        async def work(box):
            for name, code in ATTACKS.items():
                await box.write_file("attack.py", f"{code}\nsolve()")
                try:
                    done = await box.exec(["python3", "attack.py"], timeout=1)
                except TimeoutError:
                    continue
                self.assertNotIn("root:", done.stdout, name)

        run(work)

    def test_configurations(self):
        async def work():
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                file.write('folders = ["/app"]\nfuel = "1s"\n')
                file.flush()
                box = await made(file.name)
                self.assertEqual((await box.exec(["pwd"])).stdout, "/app\n")
                self.assertEqual((await box.exec(["bash", "-c", "while :; do :; done"])).returncode, 137)
            same = await made(HyperspaceConfig(seed=3)), await made(HyperspaceConfig(seed=3)), await made()
            first, second, other = [(await box.exec(["bash", "-c", "echo $RANDOM"])).stdout for box in same]
            self.assertEqual(first, second)
            self.assertNotEqual(first, other)
            for wrong in ({"fule": 1}, {"folders": 3}):
                with self.assertRaises(ValueError):
                    HyperspaceSandboxEnvironment.config_deserialize(wrong)

        asyncio.run(work())


class Evaluations(unittest.TestCase):
    def test_a_model_uses_the_tools(self):
        from inspect_ai.dataset import Sample
        from inspect_ai.model import ModelOutput, ModelUsage, get_model
        from inspect_ai.scorer import includes
        from inspect_ai.solver import generate, use_tools
        from inspect_ai.tool import ToolDef, bash, python

        call = ModelOutput.for_tool_call
        (command,) = ToolDef(bash()).parameters.properties
        outputs = [
            call("mockllm/model", "bash", {command: "cat given.txt | tr a-z A-Z"}),
            call("mockllm/model", "python", {"code": "print(6 * 7)"}),
            ModelOutput.from_content("mockllm/model", "the answer is 42"),
        ]
        for output in outputs:  # Without it, the package fetches a tokenizer.
            output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        task = inspect_ai.Task(
            dataset=[Sample(input="go", target="42", files={"given.txt": "hello"})], solver=[use_tools(bash(), python()), generate()],
            scorer=includes(), sandbox="hyperspace",
        )
        with tempfile.TemporaryDirectory() as logs:
            (log,) = inspect_ai.eval(task, model=get_model("mockllm/model", custom_outputs=outputs), log_dir=logs, display="none")
            self.assertEqual(log.status, "success", log.error)
            printed = [each.text for each in log.samples[0].messages if each.role == "tool"]
            self.assertEqual([each.strip() for each in printed], ["HELLO", "42"])
            self.assertEqual(log.results.scores[0].metrics["accuracy"].value, 1.0)


if __name__ == "__main__":
    unittest.main()
