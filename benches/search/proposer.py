"""A scripted model behind an HTTP server in the form of OpenAI's chat completions. See README.md.

Usage: proposer.py FOLDER

It listens on a free port of 127.0.0.1 and writes its number into FOLDER/port. The name of a model is TASK-SEED, such as
modules-3. `POST /RUN/v1/chat/completions` answers; the answer is drawn from a stream that the seed, the messages, and the number
of equal requests of RUN before this one key, so a run that asks one after the other gets the same answers again.
`GET /RUN/count` is the number of answers that RUN was given.
"""

import collections
import hashlib
import http.server
import json
import pathlib
import random
import re
import socketserver
import sys
import threading
import time

import mutation

# The line after which each engine shows the program that is to be changed, in the next fenced block.
PARENT = re.compile(
    r"^(?:# Current Program|# Current program|# Incorrect Program to Fix|## The program to improve"
    r"|.*The current parameter value is:|The component being optimized:)[ \t]*$",
    re.M,
)
FENCE = re.compile(r"^(`{3,})\w*\n(.*?)^\1[ \t]*$", re.M | re.S)


class Unreadable(Exception):
    """The prompt shows no program to change; the message says what was looked for."""


def parent_program(text):
    """The program that the prompt asks to change."""
    headings = list(PARENT.finditer(text))
    for heading in reversed(headings):
        fence = FENCE.search(text, heading.end())
        if fence:
            return fence[2]
    raise Unreadable("the prompt has no heading of a program to change with a fenced block after it")


def answer(task, messages, rng):
    """The answer to a conversation, in the form that it asks for."""
    text = "\n\n".join(said_in(message) for message in messages)
    program = parent_program(text)
    parents = task.read(program)
    if len(parents) != 1:
        raise Unreadable(f"the program to change has {len(parents)} lines {task.gene_name} = [...]")
    genes, note = mutation.proposed(task, parents[0], task.read(text), rng)
    fresh = task.written(genes, note)
    old = task.line.search(program)[0]
    if "<CODE>" in text or "SEARCH" not in text:
        body = f"```python\n{program.replace(old, fresh).rstrip()}\n```"
        form = "<CODE>\n{}\n</CODE>" if "<CODE>" in text else "{}"
    else:
        body = f"<<<<<<< SEARCH\n{old}\n=======\n{fresh}\n>>>>>>> REPLACE\n"
        form = "<DIFF>\n{}\n</DIFF>" if "<DIFF>" in text else "{}"
    said = form.format(body)
    if "<NAME>" in text:
        return f"<NAME>\nchange\n</NAME>\n\n<DESCRIPTION>\nOther numbers.\n</DESCRIPTION>\n\n{said}\n"
    # GEPA takes everything between the first and the last fence, so nothing else may be fenced.
    return f"Other numbers.\n\n{said}\n"


def said_in(message):
    content = message.get("content") or ""
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content


class State:
    """What the server counts for each run."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tasks = {}
        self.calls = collections.Counter()
        self.equal = collections.Counter()

    def respond(self, run, request):
        name, _, seed = request["model"].rpartition("-")
        messages = request["messages"]
        digest = hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()
        with self.lock:
            task = self.tasks.setdefault(name, None) or mutation.Task(name)
            self.tasks[name] = task
            number = self.equal[run, digest]
            self.equal[run, digest] += 1
            self.calls[run] += 1
        return answer(task, messages, random.Random(f"{seed}/{digest}/{number}"))


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection; `server.state` is shared."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def send(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        run = self.path.strip("/").removesuffix("/count")
        self.send(200, {"calls": self.server.state.calls[run]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        run = self.path.strip("/").split("/v1/")[0]
        try:
            request = json.loads(body)
            text = self.server.state.respond(run, request)
        except (Unreadable, KeyError, ValueError, OSError) as error:
            self.send(400, {"error": {"message": f"proposer: {type(error).__name__}: {error}", "type": "invalid_request_error"}})
            return
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        self.send(200, {
            "id": "proposal", "object": "chat.completion", "created": int(time.time()), "model": request["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage,
        })


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    folder = pathlib.Path(sys.argv[1])
    server = Server(("127.0.0.1", 0), Handler)
    server.state = State()
    part = folder / "port.part"
    part.write_text(str(server.server_address[1]))
    part.rename(folder / "port")
    server.serve_forever()


if __name__ == "__main__":
    main()
