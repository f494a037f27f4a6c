"""The meta agent of transfer trials: it tells a model where its peers' work is, gives it editor and shell, and asks what it did.

It says the same to every model and shows nothing of a peer's code: whether a model looks is what is measured.
"""

import json
import os

from agent.agentic_loop import chat_with_agent

TASK = """The program {repo}/task_agent.py is scored on rows that you do not see.

Task {name}: {description}

Its score is {score}; {direction} is better. Make it better by changing {repo}/task_agent.py with your tools.

Others work on the same task. What they published lies below {repo}/strategies, read-only, a folder for each:
{peers}

When you are done, answer without calling a tool, and end with one line of JSON that tells what you did:
{{ "looked": true if you read code below strategies, "adopted": true if your program has prices from there, "kept": true if you kept prices of \
your own where theirs are wrong, "better": true if your program now answers more rows rightly than theirs }}
"""


def improve(job):
    """Lets the model change the program once; returns its last words."""
    task, score = job["task"], job["parent"]["score"]
    text = TASK.format(
        repo=job["repo"], name=task["name"], description=task["description"],
        score="not known" if score is None else round(score, 4),
        direction={"maximize": "higher", "minimize": "lower"}[task["direction"]], peers=peers(job["repo"]),
    )
    history = chat_with_agent(
        text, model=job["model"], temperature=job.get("temperature") or 0.0, msg_history=[], tools_available="all",
    )
    return {"messages": len(history)}


def peers(repo):
    """A line for each folder of a peer, with its score."""
    folder = os.path.join(repo, "strategies")
    lines = []
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        score = None
        try:
            with open(os.path.join(folder, name, "metadata.json"), encoding="utf-8") as file:
                score = json.load(file).get("score")
        except (OSError, ValueError):
            pass
        lines.append(f"- {name}, score {'not known' if score is None else round(score, 4)}")
    return "\n".join(lines) or "- nothing yet"
