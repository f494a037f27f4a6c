"""Asking a language model, through the door: one call of `chat`, one answer.

Which models there are, what they cost and what is left of the budgets is decided by the host. A failure is `ModelError`.
"""

import json

from hyperspace.door import REQUEST_MAX, call
from hyperspace.errors import Denied, Exhausted, HyperspaceError, Invalid, ModelError

MAX_TOKENS = 16384  # of an answer, unless the caller says otherwise

OVERHEAD = 4096  # bytes of a request frame around messages and tools
LONG = 2000  # characters of a text from which on it may be shortened to fit a request
KINDS = ((Denied, "refused"), (Invalid, "invalid"), (Exhausted, "budget"))


def chat(messages, *, model, tools=(), temperature=0.0, max_tokens=MAX_TOKENS):
    """Send the conversation `messages` and return the host's answer.

    A message is {"role": "system" | "user" | "assistant" | "tool", "content": text or None}; one of an assistant may
    have "tool_calls": [{"id", "name", "arguments": dict}], one of a tool has "tool_call_id". A tool is {"name",
    "description", "parameters": JSON schema}. The answer is {"message", "finish_reason", "usage": {"input_tokens",
    "output_tokens", "estimated"}, "trimmed_messages"}. Raises `ModelError`.
    """
    tools = list(tools)
    messages = fitted(messages, REQUEST_MAX - OVERHEAD - size(tools) - size(model))
    try:
        answer = call("llm.chat", model=model, messages=messages, tools=tools, temperature=temperature, max_tokens=max_tokens)
    except HyperspaceError as error:
        kind = next((kind for cls, kind in KINDS if isinstance(error, cls)), "provider")
        raise ModelError(error.message, kind) from None
    if "error" in answer:
        raise ModelError(str(answer["error"].get("message", "")), str(answer["error"].get("kind", "provider")))
    return answer


def size(value):
    """Bytes of `value` as JSON."""
    try:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
    except (TypeError, ValueError) as error:
        raise ModelError(f"a conversation must be JSON: {error}", "invalid") from None


def fitted(messages, room):
    """The messages in at most `room` bytes: the middles of long texts are left out, the oldest first, with a note in place.

    The last message is shortened only when that of all others was not enough.
    """
    messages = list(messages)
    sizes = [size(message) + 1 for message in messages]
    for index in range(len(messages)):
        if sum(sizes) <= room:
            break
        messages[index] = shortened(messages[index])
        sizes[index] = size(messages[index]) + 1
    if sum(sizes) > room:
        raise ModelError(f"the conversation has {sum(sizes)} bytes; a request takes {room}", "context")
    return messages


def shortened(value):
    """`value` without the middle of every long text in it."""
    if isinstance(value, str) and len(value) > LONG:
        half = LONG // 4
        return f"{value[:half]}\n[... {len(value) - 2 * half} characters left out to fit the request ...]\n{value[-half:]}"
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shortened(item) for item in value]
    return value
