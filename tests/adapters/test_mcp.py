"""The official Python client of the Model Context Protocol, on standard input and output and over HTTP."""

import asyncio
import tempfile
import unittest

from servers import PROGRAM, serve

from mcp import Client, StdioServerParameters


async def use(test, client):
    """Calls tools, and reads resources and prompts; returns the digest of a program."""
    tools = [tool.name for tool in (await client.list_tools()).tools]
    for name in ["run_python", "evaluate", "start_run", "run_status", "diff", "replay"]:
        test.assertIn(name, tools)
    done = await client.call_tool("run_python", {"code": "print(6 * 7)", "seed": 1})
    test.assertFalse(done.is_error)
    test.assertTrue(done.content[0].text.startswith("42\n"), done)
    failed = await client.call_tool("run_python", {"code": "1 / 0"})
    test.assertTrue(failed.is_error)
    test.assertIn("ZeroDivisionError", failed.content[0].text)
    wrong = await client.call_tool("run_python", {"code": "1", "fule": 1})
    test.assertTrue(wrong.is_error)
    test.assertIn("fule", wrong.content[0].text)

    started = await client.call_tool("start_run", {"task": "bin-packing", "generations": 2, "candidates": 2, "strategy": "beam:width=2"})
    test.assertFalse(started.is_error, started)
    run = started.structured_content["run"]
    resources = [str(each.uri) for each in (await client.list_resources()).resources]
    test.assertIn(f"hyperspace://run/{run}", resources)
    for _ in range(600):
        status = await client.call_tool("run_status", {"run": run})
        if status.structured_content["state"] == "ended":
            break
        await asyncio.sleep(0.1)
    test.assertEqual(status.structured_content["state"], "ended")
    read = await client.read_resource(f"hyperspace://run/{run}")
    test.assertIn("generations", read.contents[0].text)
    same = await client.call_tool("replay", {"hash": run})
    test.assertIn("no differences", same.content[0].text)
    prompts = [each.name for each in (await client.list_prompts()).prompts]
    test.assertEqual(sorted(prompts), ["explain_run", "write_task"])
    prompt = await client.get_prompt("explain_run", {"run": run})
    test.assertIn(run, prompt.messages[0].content.text)
    return done.structured_content["digest"]


class OfficialClient(unittest.IsolatedAsyncioTestCase):
    async def test_both_transports_give_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            server = StdioServerParameters(command=PROGRAM, args=["mcp", "--store", f"{folder}/store"])
            async with Client(server) as client:
                own = await use(self, client)
        with serve() as (url, _):
            async with Client(f"{url}/mcp") as client:
                self.assertEqual(await use(self, client), own)


if __name__ == "__main__":
    unittest.main()
