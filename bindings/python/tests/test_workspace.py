"""Workspaces: commands, files, limits, and what cannot be run."""

import asyncio
import unittest

import hyperspace as hs

box = hs.Sandbox(memory="256MiB")


class Commands(unittest.TestCase):
    def test_a_text_is_for_the_shell_and_words_are_not(self):
        workspace = hs.Sandbox(env={"A": "1"}).workspace(files={"a.txt": "one\n", "/app/b": b"\xff"}, folders=["/tmp", "/app"])
        done = workspace.run("cat a.txt; echo $A$B; echo err >&2; cat > in; exit 3", stdin="given", env={"B": "2"})
        self.assertEqual((done.exit_code, done.stdout, done.stderr, done.ok), (3, "one\n12\n", "err\n", False))
        self.assertEqual(workspace.run(["printf", "%s", "$A *", "it's"]).stdout, "$A *it's")
        self.assertEqual(workspace.read("in"), b"given")
        self.assertEqual(workspace.run("pwd", cwd="/app").stdout, "/app\n")
        self.assertEqual(workspace.run("cat b", cwd="/app").stdout_bytes, b"\xff")
        self.assertEqual(workspace.files(), {"a.txt": b"one\n", "in": b"given"})
        self.assertEqual(workspace.list("/app"), {"b": False})

    def test_programs_see_the_files(self):
        workspace = box.workspace(files={"lib/calc.py": "def twice(n): return 2 * n", "main.py": "from lib.calc import twice\nprint(twice(21))"})
        self.assertEqual(workspace.run("python3 main.py | tee out").stdout, "42\n")
        self.assertEqual(workspace.run("git init -q; git add .; git commit -qm first; git log --oneline | wc -l").stdout.strip(), "1")
        workspace.remove("lib")
        self.assertNotEqual(workspace.run("python3 main.py").exit_code, 0)

    def test_packages_and_the_science_runtime(self):
        workspace = hs.Sandbox(runtime="science").workspace()
        self.assertEqual(workspace.run("python3 -c 'import numpy; print(numpy.arange(4).sum())'").stdout, "6\n")

    def test_limits(self):
        workspace = hs.Sandbox(fuel="1s", output=1000, disk="1MiB").workspace()
        self.assertEqual(workspace.run("while :; do :; done").exit_code, 137)
        slept = workspace.run("sleep 5", timeout=2)
        self.assertEqual((slept.exit_code, slept.timed_out, slept.stopped), (124, True, None))
        flood = workspace.run("seq 10000")
        self.assertTrue(flood.truncated and len(flood.stdout) == 1000)
        with self.assertRaises(OSError):
            workspace.write("big", bytes(2 << 20))
        self.assertEqual(workspace.run("echo on").stdout, "on\n")
        wide = hs.Sandbox(output="4MiB").workspace()
        self.assertEqual(wide.run("python3 -c \"print('x' * 3_000_000)\" > a; wc -c < a").stdout, "3000001\n")
        self.assertTrue(wide.run("cat a").truncated, "the shell cuts at a mebibyte")

    def test_the_same_commands_have_the_same_digests(self):
        def digests(seed):
            workspace = hs.Sandbox(seed=seed).workspace()
            return [workspace.run(each).digest for each in ("echo $RANDOM > a", "python3 -c 'import random; print(random.random())'; cat a")]

        self.assertEqual(digests(1), digests(1))
        self.assertNotEqual(digests(1)[1], digests(2)[1])

    def test_what_is_wrong_is_named(self):
        workspace = box.workspace()
        for error, words, work in [
            (FileNotFoundError, "/tmp/none", lambda: workspace.read("none")),
            (IsADirectoryError, "/tmp", lambda: workspace.read("/tmp")),
            (PermissionError, "/etc/passwd", lambda: workspace.write("/etc/passwd", "")),
            (FileNotFoundError, "/tmp/none", lambda: workspace.run("true", cwd="none")),
            (hs.UsageError, "timeout", lambda: workspace.run("true", timeout=0)),
            (hs.UsageError, "command", lambda: workspace.run(b"true")),
            (hs.UsageError, "empty", lambda: workspace.run([])),
            (hs.UsageError, "NUL", lambda: workspace.run("a\0b")),
            (hs.UsageError, "A-B", lambda: workspace.run("true", env={"A-B": "1"})),
            (hs.UsageError, "stdin", lambda: workspace.run("true", stdin=3)),
            (hs.UsageError, "absolute", lambda: box.workspace(folders=["tmp"])),
            (hs.UsageError, "folders", lambda: box.workspace(folders="/tmp")),
            (hs.UsageError, "/etc", lambda: box.workspace(folders=["/etc"])),
        ]:
            with self.assertRaises(error) as raised:
                work()
            self.assertIn(words, str(raised.exception))

    def test_awaited_commands_and_their_end(self):
        async def work():
            workspace = await box.workspace_async()
            await workspace.write_async("a", "1")
            done = await asyncio.gather(*(workspace.run_async(f"cat a; echo {number} >> b") for number in range(5)))
            self.assertEqual([each.stdout for each in done], ["1"] * 5)
            endless = asyncio.create_task(workspace.run_async("echo x > c; while :; do :; done"))
            await asyncio.sleep(0.2)
            endless.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await endless
            self.assertEqual((await workspace.run_async("sort b")).stdout, "0\n1\n2\n3\n4\n")
            self.assertEqual(await workspace.read_async("a"), b"1")

        asyncio.run(work())


if __name__ == "__main__":
    unittest.main()
