"""Programs, calls, sessions: what crosses, what is refused, and that outcomes repeat."""

import asyncio
import copy
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

import hyperspace as hs


def session_of_python(first, code, times):
    """Returns the values of an expression that is evaluated again and again after a statement, in this interpreter."""
    names = {}
    exec("import random; " + first, names)
    return [eval(code, names) for _ in range(times)]


class Programs(unittest.TestCase):
    def test_a_program_prints_and_leaves_files(self):
        outcome = hs.run("print(6*7); open('made.txt', 'w').write(open('given.txt').read() * 2)", files={"given.txt": "ab"})
        self.assertEqual((outcome.kind, outcome.stdout, outcome.exit_code), ("completed", "42\n", 0))
        self.assertEqual(outcome.files["/tmp/made.txt"], b"abab")
        self.assertTrue(outcome.ok)

    def test_the_same_program_has_the_same_digest(self):
        code = "import random, time; print(random.random(), time.time())"
        digests = {hs.run(code).digest for _ in range(3)} | {hs.Sandbox(workers=1).run(code).digest}
        self.assertEqual(len(digests), 1)
        self.assertNotIn(hs.run(code, seed=1).digest, digests)

    def test_what_a_guest_does_is_a_value(self):
        for code, kind in [
            ("raise ValueError('no')", "exception"), ("import sys; sys.exit(3)", "exit"), ("while True: pass", "out-of-fuel"),
            ("x = bytearray(1 << 40)", "out-of-memory"), ("import os; os.abort()", None),
        ]:
            outcome = hs.run(code, fuel="0.2s")
            self.assertFalse(outcome.ok, code)
            if kind:
                self.assertEqual(outcome.kind, kind, code)
        outcome = hs.run("raise ValueError('no')")
        self.assertEqual((outcome.exception, outcome.message), ("ValueError", "no"))
        self.assertIn("main.py", outcome.traceback)
        with self.assertRaises(hs.GuestError) as raised:
            outcome.unwrap()
        self.assertIs(raised.exception.outcome, outcome)

    def test_files_that_were_given_and_deleted_are_named(self):
        outcome = hs.run("import os; os.remove('a.txt'); open('b.txt', 'w').close(); os.remove('b.txt')", files={"a.txt": "1", "c.txt": "2"})
        self.assertEqual((outcome.deleted, outcome.files), (["/tmp/a.txt"], {}))
        self.assertEqual(hs.run("1").deleted, [])

    def test_a_guest_has_no_way_out(self):
        secret = os.path.join(tempfile.gettempdir(), "hyperspace-secret")
        with open(secret, "w") as file:
            file.write("secret")
        try:
            self.assertEqual(hs.run(f"print(open({secret!r}).read())").exception, "FileNotFoundError")
        finally:
            os.remove(secret)
        os.environ["HYPERSPACE_TEST_KEY"] = "canary"
        self.assertEqual(hs.run("import os; print(sorted(os.environ))").stdout, "[]\n")
        self.assertFalse(hs.run("import subprocess; subprocess.run(['ls'])").ok)

    def test_what_a_guest_returns_or_raises_breaks_nothing_and_steers_no_terminal(self):
        large = "def main(digits): return {'n': 10 ** digits, 'small': 7}"
        self.assertEqual(hs.Sandbox().call(large, "main", 100).value, {"n": 10**100, "small": 7})
        outcome = hs.run("raise ValueError('a\\x1b[2Jb\\n\\x9bc\\u202ed')")
        self.assertEqual(outcome.message, "a\x1b[2Jb\n\x9bc\u202ed")
        with self.assertRaises(hs.GuestError) as raised:
            outcome.unwrap()
        self.assertEqual(str(raised.exception), "ValueError: a\\x1b[2Jb\\n\\x9bc\\u202ed")

    def test_the_process_of_the_program_is_left_as_it_is(self):
        fields = ("NoNewPrivs", "Seccomp", "Seccomp_filters")

        def restrictions():
            with open("/proc/self/status") as file:
                return [line for line in file if line.split(":")[0] in fields]

        before = restrictions()
        self.assertTrue(hs.run("print(1)").ok)
        self.assertEqual(restrictions(), before)
        self.assertEqual(subprocess.run([sys.executable, "-c", "print(2)"], capture_output=True).stdout, b"2\n")

    def test_bad_requests_name_what_is_wrong(self):
        for call, words in [
            (lambda: hs.run(b"print(1)"), "text"),
            (lambda: hs.run("x", fuel="much"), "fuel"),
            (lambda: hs.run("x", memory="256 barrels"), "memory"),
            (lambda: hs.run("x", memory=1), "memory_bytes"),
            (lambda: hs.run("\ud800"), "position 0"),
            (lambda: hs.run("x", files={"../up": b""}), "files"),
            (lambda: hs.run("x", packages=["/no/such/folder"]), "/no/such/folder"),
            (lambda: hs.Sandbox().call("def f(x): return x", "f", {1, 2}), "JSON"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                call()
            self.assertIn(words, str(raised.exception))
        with self.assertRaises(TypeError):
            hs.run("x", feul=3)


class Calls(unittest.TestCase):
    CODE = "SEEN = []\ndef f(n):\n    SEEN.append(n)\n    return [n * n, len(SEEN)]\n"

    def test_values_cross_exactly(self):
        box = hs.Sandbox()
        for value in [None, True, 0, -1, 2**200, -(10**30), 1.5, "ä\u0000b", [1, [2]], {"a": {"b": None}}]:
            self.assertEqual(box.call("def same(x): return x", "same", value).value, value)
        self.assertEqual(box.call("def add(a, b): return a + b", "add", 2**64, 1).value, 2**64 + 1)

    def test_calls_see_nothing_of_each_other(self):
        outcomes = hs.Sandbox().map(self.CODE, "f", range(100))
        self.assertEqual([outcome.value for outcome in outcomes], [[n * n, 1] for n in range(100)])

    def test_a_call_that_fails_is_one_outcome_of_many(self):
        kinds = [each.kind for each in hs.Sandbox(fuel="0.2s").map("def f(n):\n    while n: pass\n    return n", "f", [0, 1, 0])]
        self.assertEqual(kinds, ["completed", "out-of-fuel", "completed"])

    def test_a_function_that_leaves_has_not_returned(self):
        for code in ["import sys\ndef f(): sys.exit()", "import os\ndef f(): os._exit(0)", "import sys\nsys.exit(0)\ndef f(): pass"]:
            outcome = hs.Sandbox().call(code, "f")
            self.assertEqual((outcome.ok, outcome.kind, outcome.exit_code), (False, "exit", 0), code)
            with self.assertRaises(hs.GuestError):
                outcome.unwrap()

    def test_tools_may_run_guests_of_the_same_sandbox(self):
        def deeper(depth):
            if depth == 0:
                return 0
            nested = box.call("import hyperspace\ndef f(n): return 1 + hyperspace.call('deeper', args=[n], kwargs={})", "f", depth - 1)
            refused.append(nested.message)
            return nested.value

        refused = []
        box = hs.Sandbox(workers=1, tools={"deeper": deeper})
        self.assertEqual(deeper(5), 5)
        # Without an end it ends with an error, not with a guest that waits forever.
        deeper(40)
        self.assertIn("32 guests wait for functions of the host already", refused[5])

    def test_tools_are_called_in_this_process(self):
        seen = []

        def lookup(key, default=None):
            seen.append(key)
            if key == "bad":
                raise KeyError(key)
            return {"a": 1}.get(key, default)

        box = hs.Sandbox(tools={"lookup": lookup})
        code = "import hyperspace\ndef f(key): return hyperspace.call('lookup', args=[key], kwargs={'default': 7})"
        self.assertEqual(box.call(code, "f", "a").value, 1)
        self.assertEqual(box.call(code, "f", "z").value, 7)
        self.assertIn("bad", box.call(code, "f", "bad").message)
        self.assertEqual(seen, ["a", "z", "bad"])
        other = "import hyperspace\ndef f(): return hyperspace.call('other')"
        self.assertEqual(box.call(other, "f").exception, "hyperspace.errors.Denied")


    def test_integers_of_tools_keep_every_digit(self):
        seen = []
        box = hs.Sandbox(tools={"keep": lambda value: seen.append(value) or value})
        values = [2**63, 2**64 + 1, -(10**30), 10**4000, {"a": [2**70, -0.0]}, "\0int:5", {"\0\0": "\0"}]
        code = "import hyperspace\ndef f(x): return [hyperspace.call('keep', args=[x], kwargs={}), x]"
        for value in values:
            self.assertEqual(box.call(code, "f", value).value, [value, value])
        self.assertEqual(seen, values)

    def test_tools_may_be_awaited(self):
        async def later(n):
            await asyncio.sleep(0)
            return n + 1

        code = "import hyperspace\ndef f(): return hyperspace.call('later', args=[1], kwargs={})"
        box = hs.Sandbox(tools={"later": later})
        self.assertEqual(box.call(code, "f").value, 2)

        async def called():
            return (await box.call_async(code, "f")).value

        self.assertEqual(asyncio.run(called()), 2)

    def test_calls_of_tools_are_recorded_and_replay_without_the_tools(self):
        code = """
import hyperspace
print(hyperspace.call("lookup", args=[2**70, "ä\\0int:5", 0.1]), hyperspace.call("lookup", args=[[1]], kwargs={"k": None}))
try:
    hyperspace.call("fails")
except hyperspace.Failed as error:
    print(error)
"""
        asked = []

        def lookup(*args, **named):
            asked.append((args, named))
            return {"n": 3**50, "text": "\0int:7", "of": list(args)}

        def fails():
            asked.append("fails")
            raise LookupError("not there")

        box = hs.Sandbox(tools={"lookup": lookup, "fails": fails})
        first = box.run(code)
        self.assertTrue(first.ok, first.stderr)
        self.assertEqual([each["function"] for each in first.calls], ["lookup", "lookup", "fails"])
        self.assertEqual(first.calls[0]["parameters"]["args"], [2**70, "ä\0int:5", 0.1])
        self.assertEqual(first.calls[0]["answer"]["value"]["n"], 3**50)
        self.assertEqual(first.calls[2]["answer"], {"failed": "LookupError: not there"})
        kept = json.loads(json.dumps(first.calls))
        count = len(asked)
        for again in (box.run(code, replay=kept), hs.run(code, replay=kept), asyncio.run(box.run_async(code, replay=kept))):
            self.assertEqual((again.digest, again.stdout, again.calls), (first.digest, first.stdout, first.calls))
        self.assertEqual(len(asked), count, "a replay calls no tool")
        self.assertIsNone(hs.run("print(1)").calls)

    def test_a_replay_with_other_calls_is_an_error(self):
        code = "import hyperspace, sys\nfor n in sys.argv[1:]: print(hyperspace.call('double', args=[int(n)]))"
        box = hs.Sandbox(tools={"double": lambda n: 2 * n})
        calls = box.run(code, args=["1", "2"]).calls
        for args, words in [
            (["1", "3"], 'call 2 is double {"args":[3]'), (["1", "2", "3"], "the record ends before it"),
            (["1"], "1 call of the record left"),
        ]:
            with self.assertRaisesRegex(hs.DifferenceError, re.escape(words)):
                box.run(code, args=args, replay=calls)
        # Whatever the guest catches, the run ends there.
        caught = "import hyperspace\ntry: hyperspace.call('double', args=[9])\nexcept BaseException: pass"
        with self.assertRaises(hs.DifferenceError):
            box.run(caught, replay=calls)
        for wrong in ([{"function": "double"}], [1], {"a": 1}, "x"):
            with self.assertRaisesRegex(hs.UsageError, "replay: .*expected `Outcome.calls`"):
                box.run(code, replay=wrong)

    def test_sessions_and_functions_replay_calls(self):
        box = hs.Sandbox(tools={"double": lambda n: 2 * n})
        code = "def f(n):\n    import hyperspace\n    return hyperspace.call('double', args=[n]) + 1"
        called = box.call(code, "f", 4)
        self.assertEqual(called.value, 9)
        self.assertEqual(hs.Sandbox().call(code, "f", 4, replay=called.calls).value, 9)
        with box.session() as session:
            start = session.state
            turn = session.execute("double(21)")
            session.restore(start)
            session.tools["double"] = lambda n: self.fail("a replay calls no tool")
            again = session.execute("double(21)", replay=turn.calls)
            self.assertEqual((again.value, again.digest), (42, turn.digest))

    def test_exceptions_of_tools_have_their_class(self):
        def fails():
            raise LookupError

        code = "import hyperspace\ndef f(): hyperspace.call('fails', args=[], kwargs={})"
        self.assertEqual(hs.Sandbox(tools={"fails": fails}).call(code, "f").message, "LookupError")
        self.assertIn("the answer: Object of type set", hs.Sandbox(tools={"fails": lambda: {1}}).call(code, "f").message)


class WrongRequests(unittest.TestCase):
    def refused(self, word, call, *args, **more):
        with self.assertRaises(hs.UsageError) as raised:
            call(*args, **more)
        self.assertIn(word, str(raised.exception))
        self.assertNotIn("line 1 column", str(raised.exception))

    def test_options_that_are_none_are_named(self):
        loop = []
        loop.append(loop)
        for name, values in {
            "seed": [-1, 2**64, "1", True, 1.5], "fuel": [-1, 10**30, 1e300, "1e400s", [1]], "memory": [-5, "9" * 400, 10**30, 1.5],
            "real_seconds": ["1", float("nan"), -1, 0], "workers": [-1, "2", 1.5, 2000], "args": ["abc", [1], ["\ud800"], 5],
            "stdin": [b"abc", "\ud800"], "env": [{"A": 1}, {"A=B": "1"}, ["A=1"], {"A": "\ud800"}], "packages": ["wheels/", [1]],
            "files": [{"a": "\ud800"}, {"\ud800": ""}, [("a", "b")], {"a": 1}, {1: "a"}], "tools": [{"f": 3}, {1: abs}, [abs]],
            "runtime": ["scince", 1],
        }.items():
            for value in values:
                self.refused(name, hs.run, "1", **{name: value})
        box, deep = hs.Sandbox(), 1
        for _ in range(150):
            deep = [deep]
        self.refused("more than 127 deep", box.call, "def f(x): return x", "f", deep)
        self.refused("more than 127 deep", box.session().execute, "x", {"x": deep})
        for value in [loop, {"a": loop}, "\ud800", {1, 2}, b"x", float("inf")]:
            self.refused("arguments", box.call, "def f(x): return x", "f", value)
            self.refused("variables", box.session().execute, "x", {"x": value})
        self.refused("function", box.call, "def f(): pass", 1)
        self.refused("workers", box.map, "def f(x): return x", "f", [1], workers=-1)
        self.refused("config", hs.evolve, "bin-packing", config="/nowhere.toml")
        self.refused("generations: ", hs.evolve, "bin-packing", generations="x")
        self.refused("agents", hs.Task.load("bin-packing").evaluate_many, "baseline")
        self.refused("agents", hs.Task.load("bin-packing").evaluate_many, {"task_agent.py": ""})

    def test_texts_that_begin_with_nul_are_texts(self):
        for text in ["\0int:5", "\0int:]", "\0\0"]:
            self.assertIn("null bytes", hs.run(text).message)
            self.assertIn("null bytes", hs.Sandbox().session().execute(text).message)
        agent = {"task_agent.py": "raise ValueError('\\0int:],')\n"}
        evaluation = hs.Task.load("bin-packing").evaluate(agent)
        self.assertIn("\0int:],", evaluation.cases[0].evidence)


class Sessions(unittest.TestCase):
    def test_code_goes_on_and_states_can_be_gone_back_to(self):
        with hs.Sandbox().session() as session:
            session.execute("x = 1")
            early = session.state
            self.assertEqual(session.execute("x += 1; x").value, 2)
            self.assertEqual(session.execute("x + y", {"y": 40}).value, 42)
            session.restore(early)
            self.assertEqual(session.execute("x").value, 1)
            self.assertIn("NameError", session.execute("y").exception)
        with self.assertRaises(hs.UsageError):
            session.execute("x")

    def test_what_code_sets_up_is_there_for_the_next(self):
        box = hs.Sandbox()
        with box.session(files={"given.py": "x = 5"}) as session:
            self.assertEqual(session.execute("import given; given.x").value, 5)
            session.execute(
                "import os, random, sys; os.makedirs('/tmp/lib'); open('/tmp/lib/own.py', 'w').write('y = 6')\n"
                "sys.path.insert(0, '/tmp/lib'); os.environ['MODE'] = 'fast'; os.chdir('/tmp/lib'); random.seed(3)"
            )
            found = session.execute("import own; [own.y, os.environ['MODE'], os.getcwd()]").value
            self.assertEqual(found, [6, "fast", "/tmp/lib"])
            drawn = [session.execute("random.random()").value for _ in range(3)]
            self.assertEqual(drawn, session_of_python("random.seed(3)", "random.random()", 3))
            self.assertEqual(len({session.execute("os.urandom(8).hex()").value for _ in range(4)}), 4)
            session.execute("os.chdir('/tmp'); os.remove('/tmp/lib/own.py'); os.chdir('/tmp/lib'); os.chdir('/tmp'); os.rmdir('/tmp/lib')")
            self.assertTrue(session.execute("1").ok)
        # The same code in the same order gives the same values.
        turns = ["import os, random; os.urandom(8).hex()", "random.random()", "os.urandom(8).hex()"]
        seen = set()
        for _ in range(2):
            with box.session() as session:
                seen.add(tuple(session.execute(turn).value for turn in turns))
        self.assertEqual(len(seen), 1)

    def test_what_fails_leaves_the_session_usable(self):
        session = hs.Sandbox(fuel="0.3s").session()
        session.execute("x = [1]")
        outcome = session.execute("x.append(2)\n1 / 0")
        self.assertEqual(outcome.exception, "ZeroDivisionError")
        self.assertIn("1 / 0", outcome.traceback)
        self.assertNotIn("hyperspace_session", outcome.traceback)
        self.assertEqual(session.execute("x").value, [1, 2])
        self.assertEqual(session.execute("x.append(3)\nwhile True: pass").kind, "out-of-fuel")
        self.assertEqual(session.execute("x").value, [1, 2])
        self.assertEqual(session.execute("def").exception, "SyntaxError")

    def test_one_piece_of_code_executes_at_a_time(self):
        session = hs.Sandbox().session()
        refused = []

        def again():
            for use in (lambda: session.execute("1"), lambda: session.restore(session.state)):
                try:
                    use()
                except hs.UsageError as error:
                    refused.append("fork()" in str(error))
            return session.fork().execute("x").value

        session.tools["again"] = again
        session.execute("x = 1")
        self.assertEqual(session.execute("x = 2; [again(), x]").value, [1, 2])
        self.assertEqual(refused, [True, True])
        self.assertEqual(copy.copy(session).execute("x").value, 2)

    def test_a_session_that_its_code_closes_stays_closed(self):
        session = hs.Sandbox().session()
        session.tools["close"] = session.close
        self.assertEqual(session.execute("close()\n5").value, 5)
        with self.assertRaises(hs.UsageError):
            session.execute("1")
        with self.assertRaises(hs.UsageError):
            session.restore(5)

    def test_values_that_are_no_json_have_a_text(self):
        outcome = hs.Sandbox().session().execute("{1, 2}")
        self.assertEqual((outcome.value, outcome.text), (None, "{1, 2}"))
        self.assertIsNone(hs.Sandbox().session().execute("x = 1").text)

    def test_tools_are_names(self):
        session = hs.Sandbox(tools={"double": lambda n: 2 * n}).session()
        self.assertEqual(session.execute("double(4) + double(n=1)").value, 10)
        session.tools["triple"] = lambda n: 3 * n
        self.assertEqual(session.execute("triple(double(1))").value, 6)

    def test_definitions_work_across_turns(self):
        session = hs.Sandbox().session()
        session.execute("import math\nclass A:\n    def area(self, r): return math.pi * r")
        session.execute("def use(r): return round(A().area(r), 2)")
        self.assertEqual(session.execute("use(2)").value, 6.28)


class Async(unittest.TestCase):
    def test_many_are_awaited_together(self):
        async def all_of_them():
            return await asyncio.gather(*(hs.run_async(f"print({n})") for n in range(10)))

        self.assertEqual([each.stdout for each in asyncio.run(all_of_them())], [f"{n}\n" for n in range(10)])

    def test_cancelling_ends_the_guest(self):
        async def cancelled():
            task = asyncio.create_task(hs.run_async("while True: pass", fuel=10**15))
            await asyncio.sleep(0.3)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            return await hs.run_async("print('next')")

        self.assertEqual(asyncio.run(cancelled()).stdout, "next\n")


class Processes(unittest.TestCase):
    def test_an_error_of_a_guest_can_be_pickled(self):
        with self.assertRaises(hs.GuestError) as raised:
            hs.run("raise ValueError('no')").unwrap()
        raised.exception.add_note("from a worker")
        again = pickle.loads(pickle.dumps(raised.exception))
        self.assertEqual((str(again), again.outcome), (str(raised.exception), raised.exception.outcome))
        self.assertEqual(again.__notes__, ["from a worker"])

    def test_what_a_forked_process_inherits_is_refused_there(self):
        done = self.python("""
            import asyncio, os, hyperspace as hs
            box = hs.Sandbox()
            session, files, store = box.session(), box.workspace(), hs.open()
            session.tools["f"] = abs
            try:
                store.runs()
            except hs.UsageError:
                pass
            child = os.fork()
            if child == 0:
                uses = [
                    lambda: session.execute("1"), lambda: asyncio.run(session.execute_async("f(-1)")), lambda: files.run("true"),
                    lambda: files.list(), store.runs,
                ]
                for use in uses:
                    try:
                        use()
                        os._exit(1)
                    except hs.UsageError as error:
                        if "fork" not in str(error):
                            os._exit(2)
                os._exit(0 if box.session().execute("6 * 7").value == 42 else 3)
            assert os.waitpid(child, 0)[1] == 0
            assert session.execute("6 * 7").value == 42
        """)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def python(self, code, **more):
        return subprocess.run([sys.executable, "-W", "ignore:This process", "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, **more)

    def test_a_fork_makes_its_own_engine(self):
        done = self.python("""
            import os, hyperspace as hs
            assert hs.run("print(1)").stdout == "1\\n"
            child = os.fork()
            if child == 0:
                os._exit(0 if hs.run("print(2)").stdout == "2\\n" else 1)
            assert os.waitpid(child, 0)[1] == 0
            assert hs.run("print(3)").stdout == "3\\n"
        """)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_ctrl_c_stops_a_run(self):
        child = subprocess.Popen(
            # A shell that starts the tests in the background has them ignore the signal.
            [sys.executable, "-c", "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
             "import hyperspace as hs\nhs.warm()\nprint('ready', flush=True)\nhs.run('while True: pass', fuel=10**15)"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.assertEqual(child.stdout.readline(), "ready\n")
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        _, error = child.communicate(timeout=30)
        self.assertIn("KeyboardInterrupt", error)

    def test_the_process_ends_while_guests_run(self):
        # Threads of the engine that called Python while it ended aborted the process, once in a few tens of ends.
        for _ in range(10):
            done = self.python("""
                import asyncio, hyperspace as hs
                async def main():
                    hs.run("1")
                    for _ in range(30):
                        asyncio.ensure_future(hs.run_async("while True: pass", fuel=10**15))
                    await asyncio.sleep(0.05)
                asyncio.run(main())
            """)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_awaited_work_at_the_end_of_the_process(self):
        done = self.python("""
            import asyncio, atexit
            def late():
                import hyperspace as hs
                print(asyncio.run(hs.run_async("print(6 * 7)")).stdout, hs.Sandbox(tools={"f": abs}).run("import hyperspace; hyperspace.call('f', args=[1])").kind)
            atexit.register(late)  # runs after what the package has registered
            import hyperspace
        """)
        self.assertEqual((done.returncode, done.stdout.split()), (0, ["42", "exception"]), done.stderr)

    def test_other_threads_go_on_while_a_guest_runs(self):
        ticks = []
        stop = threading.Event()

        def tick():
            while not stop.wait(0.01):
                ticks.append(1)

        thread = threading.Thread(target=tick)
        thread.start()
        hs.run("for _ in range(3_000_000): pass")
        stop.set()
        thread.join()
        self.assertGreater(len(ticks), 2)


if __name__ == "__main__":
    unittest.main()
