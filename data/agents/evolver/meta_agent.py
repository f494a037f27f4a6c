"""A meta agent for language models: it shows the model the task, the program and its results, and applies the model's edits.

`improve(job)` makes one child. The prompt is built from the texts in `lib/prompts`, which are part of the agent: a child may
change them, as it may change this file. Three styles of answer are understood:

- "edits": search/replace blocks, the default for programs;
- "rewrite": whole files in fenced blocks;
- "tools": the model works with the editor and the shell until it is done.

In the first two styles an answer that cannot be applied is sent back once, with the reasons. Nothing is written unless every
edit applies and every changed Python file compiles.
"""

from agent.agentic_loop import chat_with_agent
from hyperspace import ModelError, chat

from lib import edits, facts, prompt

STYLE = "auto"  # unless the run names another
REPAIRS = 1  # times an answer is sent back
ANSWER_TOKENS = 16384


class NoUsableEdit(Exception):
    """The model's answer could not be applied; the message has the reasons."""


def improve(job):
    """Changes the tree at job["repo"] once; returns a summary as JSON-serialisable data."""
    known = facts.read(job)
    style = chosen(job.get("style") or STYLE, known)
    if style == "tools":
        return with_tools(job, known)
    messages = prompt.messages(known, style)
    for attempt in range(REPAIRS + 1):
        answer = ask(job, messages)
        proposal = edits.parse(answer, known.entry_file)
        changed, problems = edits.applied(proposal, known.files)
        if not problems:
            edits.write(known.repo, changed)
            return {"style": style, "files": sorted(changed), "repaired": attempt > 0}
        messages += [
            {"role": "assistant", "content": answer or "(no text)"},
            {"role": "user", "content": prompt.repair(problems, style)},
        ]
    raise NoUsableEdit("; ".join(problems))


def chosen(style, known):
    """The style for this child; "auto" rewrites a short program and edits a long one."""
    if style not in ("auto", "edits", "rewrite", "tools"):
        raise ValueError(f"style {style!r}: expected auto, edits, rewrite or tools")
    if style != "auto":
        return style
    return "rewrite" if len(known.entry_source.splitlines()) <= 40 else "edits"


def ask(job, messages):
    """The text of the model's answer."""
    answer = chat(
        messages, model=job["model"], temperature=job.get("temperature") or 0.0, max_tokens=ANSWER_TOKENS,
    )
    if answer.get("finish_reason") == "length":
        raise ModelError(f"the answer was cut off at {ANSWER_TOKENS} tokens", "invalid")
    return answer["message"].get("content") or ""


def with_tools(job, known):
    """Lets the model change the tree with editor and shell."""
    system, user = prompt.messages(known, "tools")
    history = chat_with_agent(
        user["content"], model=job["model"], temperature=job.get("temperature") or 0.0, msg_history=[system],
        tools_available="all",
    )
    return {"style": "tools", "messages": len(history)}


def shown_prompt(job):
    """The conversation that `improve(job)` would begin with, without asking anybody."""
    known = facts.read(job)
    return prompt.messages(known, chosen(job.get("style") or STYLE, known))
