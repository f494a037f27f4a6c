"""Tests of the package `agent` with a faked door: `python3 guest-sdk/tests/test_agent.py`."""

import json
import os
import unittest
from unittest import mock

from faked_door import door

from agent import agentic_loop, chat_with_agent, get_response_from_llm, get_response_from_llm_with_tools, llm_client
from agent.tools.registry import load_tools
from hyperspace import ModelError, model


def said(text=None, calls=(), trimmed=0, reason=None):
    """An answer of `llm.chat`."""
    message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = list(calls)
    usage = {"input_tokens": 3, "output_tokens": 2, "estimated": False}
    reason = reason or ("tool_calls" if calls else "stop")
    return {"ok": {"message": message, "finish_reason": reason, "usage": usage, "trimmed_messages": trimmed}}


def bash(command, call_id="c"):
    return {"id": call_id, "name": "bash", "arguments": {"command": command}}


def failed(kind):
    return {"ok": {"error": {"kind": kind, "message": f"no {kind}"}}}


def requests(op):
    return [request["params"] for request in door.requests if request["op"] == op]


class Client(unittest.TestCase):
    def test_text_in_and_out(self):
        door.reset(said("hi"), said("again"))
        text, history, info = get_response_from_llm("hello", model="m")
        self.assertEqual(text, "hi")
        self.assertEqual(history, [{"role": "user", "text": "hello"}, {"role": "assistant", "text": "hi"}])
        self.assertEqual(info["usage"], {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})
        get_response_from_llm("more", model="m", temperature=None, max_tokens=9, msg_history=history)
        self.assertEqual(door.requests[1], {"op": "llm.chat", "params": {
            "model": "m", "temperature": None, "max_tokens": 9, "tools": [], "messages": [
                {"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"},
                {"role": "user", "content": "more"},
            ]}})

    def test_models_are_those_of_the_run(self):
        door.reset(said("x"), said("x"), said("x"))
        get_response_from_llm("a")
        with mock.patch.dict(os.environ, {"META_MODEL": "big", "EVAL_MODEL": "small"}):
            from agent.llm_client import EVAL_MODEL, META_MODEL
            self.assertEqual((META_MODEL, EVAL_MODEL), ("big", "small"))
            get_response_from_llm("a")
            get_response_from_llm_with_tools(msg="a")
        self.assertEqual([params["model"] for params in requests("llm.chat")], ["gpt-oss-120b", "small", "big"])
        with self.assertRaises(AttributeError):
            llm_client.OTHER_MODEL

    def test_calls_have_the_shape_of_chat_completions_and_go_back_unharmed(self):
        malformed = {"id": "d", "name": "editor", "malformed": {"raw": "{oops"}}
        door.reset(said(None, [bash("ls"), malformed]), said("done"))
        info = load_tools("bash")[0]["info"]
        tools = [{"type": "function", "function": {
            "name": "bash", "description": info["description"], "parameters": info["input_schema"]}}]
        message, history, _ = get_response_from_llm_with_tools(msg="go", model="m", tools=tools)
        self.assertEqual(message["content"], "")
        self.assertEqual([call["function"]["arguments"] for call in message["tool_calls"]], ['{"command": "ls"}', "{oops"])
        history.append({"role": "tool", "tool_call_id": "d", "name": "editor", "content": "no"})
        get_response_from_llm_with_tools(model="m", msg_history=history, tool_call_id="c", tool_name="bash", tool_output="out")
        sent = requests("llm.chat")
        self.assertEqual(sent[0]["tools"], [
            {"name": "bash", "description": info["description"], "parameters": info["input_schema"]}])
        self.assertEqual(sent[1]["messages"], [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": "", "tool_calls": [bash("ls"), malformed]},
            {"role": "tool", "content": "no", "tool_call_id": "d"},
            {"role": "tool", "content": "out", "tool_call_id": "c"},
        ])

    def test_every_failure_is_a_model_error(self):
        kinds = {"denied": "refused", "invalid": "invalid", "exhausted": "budget", "failed": "provider"}
        for kind, expected in kinds.items():
            door.reset({"error": {"kind": kind, "message": "why"}})
            with self.assertRaises(ModelError) as caught:
                get_response_from_llm("a")
            self.assertEqual((caught.exception.kind, str(caught.exception)), (expected, "why"))
        door.reset(failed("context"))
        with self.assertRaises(ModelError) as caught:
            get_response_from_llm("a")
        self.assertEqual(caught.exception.kind, "context")
        door.reset()
        with self.assertRaises(ModelError) as caught:
            get_response_from_llm("a", msg_history=[{"role": "user", "text": {1, 2}}, {"role": "assistant", "tool_calls": [
                {"id": "x", "name": "y", "arguments": {"z": {1}}}]}])
        self.assertEqual(caught.exception.kind, "invalid")

    def test_what_is_too_long_is_shortened_oldest_first(self):
        door.reset(lambda op, params: said("ok")["ok"])
        long = [{"role": "user", "text": f"{n}" + "é" * 200_000} for n in range(6)]
        get_response_from_llm("last", model="m", msg_history=long)
        sent = requests("llm.chat")[0]["messages"]
        self.assertLess(model.size(sent), model.REQUEST_MAX)
        lengths = [len(message["content"]) for message in sent]
        self.assertEqual([length > 2000 for length in lengths], [False] * 4 + [True, True, False])
        self.assertIn("characters left out", sent[0]["content"])
        self.assertEqual(sent[-1]["content"], "last")
        door.reset()
        with self.assertRaises(ModelError) as caught:
            get_response_from_llm("last", msg_history=[{"role": "user", "text": "a" * 1900}] * 1000)
        self.assertEqual(caught.exception.kind, "context")

    def test_parts_and_flat_calls_of_other_histories_are_understood(self):
        door.reset(said("ok"))
        get_response_from_llm_with_tools(model="m", msg_history=[
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "name": "bash", "arguments": {"command": "x"}}]},
            {"role": "tool", "tool_call_id": "1", "content": None},
        ])
        self.assertEqual(requests("llm.chat")[0]["messages"], [
            {"role": "user", "content": "ab"},
            {"role": "assistant", "content": None, "tool_calls": [bash("x", "1")]},
            {"role": "tool", "content": "", "tool_call_id": "1"},
        ])


class Tools(unittest.TestCase):
    def test_the_registry(self):
        self.assertEqual([tool["name"] for tool in load_tools()], ["bash", "editor"])
        self.assertEqual([tool["info"]["name"] for tool in load_tools(["editor"])], ["editor"])
        with self.assertRaisesRegex(ValueError, "no tool 'nope'; there are: bash, editor"):
            load_tools("nope")

    def test_only_given_fields_are_sent(self):
        door.reset(lambda op, params: {"output": op})
        bash_tool, editor = load_tools("all")
        self.assertEqual(bash_tool["function"]("ls"), "tool.bash")
        self.assertEqual(editor["function"]("view", "/repo", view_range=[1, -1]), "tool.editor")
        self.assertEqual([request["params"] for request in door.requests], [
            {"command": "ls"}, {"command": "view", "path": "/repo", "view_range": [1, -1]}])

    def test_a_refusal_is_text(self):
        door.reset({"error": {"kind": "denied", "message": "not granted"}}, failed("invalid"))
        self.assertEqual(load_tools("bash")[0]["function"]("ls"), "Error: not granted")
        self.assertEqual(load_tools("bash")[0]["function"]("ls"), "Error: no invalid")


class Loop(unittest.TestCase):
    def talk(self, *turns, **settings):
        turns = list(turns)

        def answer(op, params):
            if op != "llm.chat":
                return {"output": f"ran {params['command']}"}
            return turns.pop(0)["ok"]

        door.reset(answer)
        self.logged = []
        settings = {"tools_available": "all", "log_fn": self.logged.append, **settings}
        return chat_with_agent("go", "m", **settings)

    def outputs(self, history):
        return [message["content"] for message in history if message["role"] == "tool"]

    def test_all_calls_of_a_turn_are_executed_and_answered(self):
        history = self.talk(said("a", [bash("1", "x"), bash("2", "y"), bash("3", "z")]), said("done"))
        self.assertEqual([message["role"] for message in history], ["user", "assistant", "tool", "tool", "tool", "assistant"])
        self.assertEqual(self.outputs(history), ["ran 1", "ran 2", "ran 3"])
        self.assertEqual([message["tool_call_id"] for message in requests("llm.chat")[1]["messages"][2:]], ["x", "y", "z"])

    def test_without_tools(self):
        history = self.talk(said("done"), tools_available=[])
        self.assertEqual(history, [{"role": "user", "content": "go"}, {"role": "assistant", "content": "done"}])
        self.assertEqual(requests("llm.chat")[0]["tools"], [])

    def test_exactly_forty_calls_are_executed(self):
        turns = [said(None, [bash(f"{turn}.{n}", f"{turn}.{n}") for n in range(3)]) for turn in range(15)]
        history = self.talk(*turns)
        outputs = self.outputs(history)
        self.assertEqual(len(requests("tool.bash")), 40)
        self.assertEqual(len(requests("llm.chat")), 15)
        self.assertEqual(sum(output.startswith("ran") for output in outputs), 40)
        self.assertEqual(len(outputs), 45, "every call is answered")
        self.assertTrue(all(output.startswith("Error: not executed") for output in outputs[40:]))
        self.assertIn("Max tool calls reached.", self.logged)

    def test_a_limit_of_its_own_and_none(self):
        history = self.talk(said(None, [bash("1")]), said(None, [bash("2")]), said("unreached"), max_tool_calls=1)
        self.assertEqual([output[:5] for output in self.outputs(history)], ["ran 1", "Error"])
        self.talk(*[said(None, [bash("x")]) for _ in range(50)], said("end"), max_tool_calls=0)
        self.assertEqual(len(requests("tool.bash")), 50)

    def test_nonsense_is_answered_as_text(self):
        history = self.talk(said(None, [
            {"id": "1", "name": "rm", "arguments": {}},
            {"id": "2", "name": "bash", "malformed": {"raw": "[1"}},
            {"id": "3", "name": "bash", "arguments": {"cmd": "ls"}},
            {"id": "4", "name": "bash", "arguments": {"command": "ok"}},
        ]), said("done"))
        outputs = self.outputs(history)
        self.assertEqual(outputs[0], "Error: there is no tool 'rm'; there are: bash, editor.")
        self.assertIn("not a JSON object", outputs[1])
        self.assertIn("'cmd'", outputs[2])
        self.assertEqual(outputs[3], "ran ok")

    def test_a_tool_that_raises_is_answered_as_text(self):
        def broken(**arguments):
            raise KeyError("x")

        tool = {"name": "bash", "info": load_tools("bash")[0]["info"], "function": broken}
        with mock.patch.object(agentic_loop, "load_tools", lambda names: [tool]):
            history = self.talk(said(None, [bash("1")]), said("done"))
        self.assertEqual(self.outputs(history), ["Error: 'bash' failed: KeyError: 'x'"])

    def test_a_spent_budget_ends_the_conversation_and_other_failures_are_raised(self):
        history = self.talk(said("a", [bash("1")]), failed("budget"))
        self.assertEqual(history[-1]["content"], "ran 1")
        self.assertIn("The conversation ends here: no budget", self.logged)
        for turns in ((failed("budget"),), (said("a", [bash("1")]), failed("provider"))):
            with self.assertRaises(ModelError):
                self.talk(*turns)

    def test_history_is_continued_and_trimming_is_told(self):
        history = self.talk(said("done", trimmed=4), msg_history=[{"role": "user", "content": "before"}])
        self.assertEqual([message["content"] for message in history], ["before", "go", "done"])
        self.assertTrue(any("4 messages were left out" in line for line in self.logged))


if __name__ == "__main__":
    unittest.main()
