"""The loop of a model with tools: ask, do what it calls for, answer all of it, ask again."""

import logging

from agent.llm_client import ModelError, arguments_of, get_response_from_llm_with_tools
from agent.tools.registry import load_tools

logger = logging.getLogger(__name__)

SHOWN = 200  # characters of a text in the log


def chat_with_agent(
    msg, model, temperature=0.0, msg_history=None, log_fn=logger.info, tools_available=(), max_tool_calls=40,
):
    """Talk to `model` about `msg` until it calls no more tools; returns the whole history.

    `tools_available` is "all", a name or names of tools. Every call of a turn is executed and answered, in order;
    unknown tools, malformed arguments and failing tools are answered with a text that begins with "Error:". At most
    `max_tool_calls` calls are executed (0: no limit); those beyond are answered with the reason, and the model gets one
    more turn, whose calls are not executed. When a budget ends after the first turn, the history so far is returned, so that
    what was done stays done. Other failures of the model are raised as `ModelError`.
    """
    loaded = {tool["info"]["name"]: tool for tool in (load_tools(tools_available) if tools_available else ())}
    tools = [_described(tool["info"]) for tool in loaded.values()]
    log_fn(f"Input: {msg[:SHOWN]!r}")
    message, history, info = get_response_from_llm_with_tools(
        msg=msg, model=model, temperature=temperature, msg_history=msg_history, tools=tools,
    )
    executed = 0
    while True:
        log_fn(f"Output: {message['content'][:SHOWN]!r}")
        if info["trimmed_messages"]:
            log_fn(f"{info['trimmed_messages']} messages were left out, as the conversation was too long for the model.")
        calls = message.get("tool_calls", ())
        if not calls:
            return history
        spent = 0 < max_tool_calls <= executed
        for call in calls:
            name = call["function"]["name"]
            if 0 < max_tool_calls <= executed:
                output = f"Error: not executed, all {max_tool_calls} tool calls of this conversation are used up."
            else:
                output = _execute(loaded, name, call["function"]["arguments"])
                executed += 1
                log_fn(f"Tool [{executed}/{max_tool_calls}] {name}: {output[:SHOWN]!r}")
            history.append({"role": "tool", "tool_call_id": call["id"], "name": name, "content": output})
        if spent:
            log_fn("Max tool calls reached.")
            return history
        try:
            message, history, info = get_response_from_llm_with_tools(
                model=model, temperature=temperature, msg_history=history, tools=tools,
            )
        except ModelError as error:
            if error.kind != "budget":
                raise
            log_fn(f"The conversation ends here: {error.message}")
            return history


def _described(info):
    function = {"name": info["name"], "description": info["description"], "parameters": info["input_schema"]}
    return {"type": "function", "function": function}


def _execute(loaded, name, text):
    """What a call of a tool answers; never an exception of the tool's own making."""
    if name not in loaded:
        return f"Error: there is no tool {name!r}; there are: {', '.join(loaded) or 'none'}."
    arguments = arguments_of(text)
    if arguments is None:
        return f"Error: the arguments of {name!r} are not a JSON object; nothing was done. They were: {text[:SHOWN]!r}"
    try:
        output = loaded[name]["function"](**arguments)
    except TypeError as error:
        return f"Error: {name!r} does not take these arguments: {error}"
    except Exception as error:
        return f"Error: {name!r} failed: {type(error).__name__}: {error}"
    return output if isinstance(output, str) else str(output)
