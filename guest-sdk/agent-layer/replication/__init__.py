"""The names by which the original experiments import agents: `replication.agent.llm_client` is `agent.llm_client`."""

from hyperspace import aliases

__path__ = aliases.offer("replication", agent="agent", task_agent="task_agent", meta_agent="meta_agent")
