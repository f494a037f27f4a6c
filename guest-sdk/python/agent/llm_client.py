"""Language models for agents: one function for text, one for tools.

`META_MODEL` and `EVAL_MODEL` are the models that this run names for meta agents and task agents, through environment
variables of the same names. Retries, rate limits, budgets and the record of every call are the host's; a failure that it
could not mend is `hyperspace.ModelError`.
"""

import json
import os

from hyperspace.errors import ModelError
from hyperspace.model import MAX_TOKENS, chat

__all__ = [
    "EVAL_MODEL", "MAX_TOKENS", "META_MODEL", "ModelError", "cleanup_clients", "get_response_from_llm",
    "get_response_from_llm_with_tools", "set_audit_log",
]

# What the names stand for in a run that names no models.
MODELS = {"META_MODEL": "accounts/fireworks/routers/kimi-k2p5-turbo", "EVAL_MODEL": "gpt-oss-120b"}


def __getattr__(name):
    # Looked up when asked for: this module is loaded before a run has an environment.
    if name in MODELS:
        return os.environ.get(name) or MODELS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def get_response_from_llm(msg, model=None, temperature=0.0, max_tokens=MAX_TOKENS, msg_history=None):
    """Send the text `msg` after `msg_history`; returns (text of the answer, history, info).

    The new history ends in {"role": "user", "text"} and {"role": "assistant", "text"}; `info` has "usage",
    "finish_reason", "thinking" and "trimmed_messages". `model` is `EVAL_MODEL` unless given.
    """
    history = list(msg_history or [])
    messages = [*history, {"role": "user", "content": msg}]
    answer = _chat(messages, model or __getattr__("EVAL_MODEL"), (), temperature, max_tokens)
    text = answer["message"].get("content") or ""
    history += [{"role": "user", "text": msg}, {"role": "assistant", "text": text}]
    return text, history, _info(answer)


def get_response_from_llm_with_tools(
    model=None, temperature=0.0, max_tokens=MAX_TOKENS, msg_history=None, tools=None,
    msg=None, tool_call_id=None, tool_name=None, tool_output=None,
):
    """Send `msg`, or the output of a tool, after `msg_history`; returns (message of the answer, history, info).

    Messages, tools and calls have the shapes of OpenAI's chat completions: a message may have "tool_calls":
    [{"id", "type": "function", "function": {"name", "arguments": JSON text}}]. All calls of an answer are in the
    history, and all want an answer of role "tool". `model` is `META_MODEL` unless given.
    """
    messages = list(msg_history or [])
    if msg is not None:
        messages.append({"role": "user", "content": msg})
    elif tool_call_id is not None:
        messages.append({"role": "tool", "tool_call_id": tool_call_id, "name": tool_name, "content": tool_output or ""})
    answer = _chat(messages, model or __getattr__("META_MODEL"), tools or (), temperature, max_tokens)
    message = {"role": "assistant", "content": answer["message"].get("content") or ""}
    calls = [_from_wire(call) for call in answer["message"].get("tool_calls") or ()]
    if calls:
        message["tool_calls"] = calls
    return dict(message), [*messages, message], _info(answer)


def set_audit_log(path):
    """Does nothing: the host records every call."""


def cleanup_clients():
    """Does nothing: there are no connections in here."""


def _chat(messages, model, tools, temperature, max_tokens):
    return chat(
        [_to_wire(message) for message in messages],
        model=model, tools=[_tool(tool) for tool in tools], temperature=temperature, max_tokens=max_tokens,
    )


def _info(answer):
    usage = answer.get("usage") or {}
    given, made = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
    return {
        "thinking": "",
        "usage": {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made},
        "finish_reason": answer.get("finish_reason"),
        "trimmed_messages": answer.get("trimmed_messages", 0),
    }


def _text(message):
    """The content of a message: text as it is, a list of parts joined, None where there is none."""
    content = message.get("content")
    if content is None:
        content = message.get("text")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in content)
    return content if content is None or isinstance(content, str) else str(content)


def _to_wire(message):
    """A message of a history as the door takes it."""
    role = message["role"]
    if role == "tool":
        return {"role": role, "content": _text(message) or "", "tool_call_id": message["tool_call_id"]}
    if role == "assistant" and message.get("tool_calls"):
        return {"role": role, "content": _text(message), "tool_calls": [_call(call) for call in message["tool_calls"]]}
    return {"role": role, "content": _text(message) or ""}


def _call(call):
    function = call.get("function") or call
    arguments = call.get("malformed") or function.get("arguments") or {}
    wire = {"id": call["id"], "name": function["name"]}
    if "malformed" in call:
        return {**wire, "malformed": arguments}
    parsed = arguments_of(arguments)
    return {**wire, "malformed": {"raw": str(arguments)}} if parsed is None else {**wire, "arguments": parsed}


def _from_wire(call):
    if "malformed" in call:
        text = call["malformed"]["raw"]
    else:
        text = json.dumps(call["arguments"], ensure_ascii=False)
    return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": text}}


def _tool(tool):
    function = tool.get("function") or tool
    parameters = function.get("parameters") or function.get("input_schema") or {"type": "object", "properties": {}}
    return {"name": function["name"], "description": function.get("description", ""), "parameters": parameters}


def _no_constant(text):
    raise ValueError(f"{text} is not JSON")


def arguments_of(arguments):
    """The arguments of a call as a dict, from a dict or its JSON text; None when the text is no JSON object."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return None
    return arguments if isinstance(arguments, dict) else None
