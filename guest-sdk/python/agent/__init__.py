"""What agents for language models import: a client, a loop with tools, the tools.

The names and signatures are those that agents written for hyperspace know. All of it goes through the host's door, and
none of it lies where an agent can edit.
"""

from agent import llm_client
from agent.agentic_loop import chat_with_agent
from agent.llm_client import get_response_from_llm, get_response_from_llm_with_tools

__all__ = ["EVAL_MODEL", "META_MODEL", "chat_with_agent", "get_response_from_llm", "get_response_from_llm_with_tools"]


def __getattr__(name):
    if name in llm_client.MODELS:
        return getattr(llm_client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
