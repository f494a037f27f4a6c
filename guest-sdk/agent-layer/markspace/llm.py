"""The model client of the original experiments, through the host's door.

Addresses and keys of providers are accepted and mean nothing: which models there are, what they cost and how often a call is tried
again is decided by the host. A failure is `hyperspace.ModelError`.
"""

import importlib.util
import os
from dataclasses import dataclass

# The SDK's own client under another name, so that an agent's `agent/llm_client.py` may be built on this module.
_spec = importlib.util.spec_from_file_location("hyperspace.original_client", "/sdk/agent/llm_client.py")
_client = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_client)


def _named(model):
    """The model that a name of the original experiments stands for in this run."""
    return next((os.environ.get(name) or known for name, known in _client.MODELS.items() if model == known), model)


@dataclass
class LLMConfig:
    """Settings of a client; only model, temperature and max_tokens decide anything."""

    base_url: str = ""
    api_key: str = ""
    model: str = ""
    temperature: float = 0.0
    max_tokens: int = 10_000

    @property
    def is_anthropic(self):
        return False

    @classmethod
    def from_env(cls, model=None):
        return cls(model=model or getattr(_client, "EVAL_MODEL"))


class LLMClient:
    """A client of one model."""

    def __init__(self, config, timeout=60.0, max_retries=5, *args, **kwargs):
        self.config = config

    def chat(self, messages, tools=None, tool_choice="auto", temperature=None, max_tokens=None):
        """The answer to a conversation, in the shape of OpenAI's chat completions."""
        config = self.config
        message, _, info = _client.get_response_from_llm_with_tools(
            model=_named(config.model),
            temperature=config.temperature if temperature is None else temperature,
            max_tokens=config.max_tokens if max_tokens is None else max_tokens,
            msg_history=messages,
            tools=tools,
        )
        choice = {"index": 0, "message": message, "finish_reason": info["finish_reason"]}
        return {"model": config.model, "choices": [choice], "usage": info["usage"]}

    def close(self):
        """Does nothing: there are no connections in here."""

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()
