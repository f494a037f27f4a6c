"""Lines of the shell that run Python: words with quotes, `&&`, `||`, `;`, `cd`, variables before a command, and input and output in files.

There is no shell in an evaluator's guest. What a line has beside that, such as pipes and patterns, is an error that says so.
"""

import os

OPERATORS = ("2>&1", "1>&2", ">&2", "&>>", "&>", "2>>", "1>>", "2>", "1>", ">>", "&&", "||", ">", "<", ";", "\n")
OTHERS = frozenset("|&<>()$`*?~[]{}!#")  # of characters outside of quotes, those that the shell takes for something else
IN_QUOTES = frozenset("$`")


def run(line, run_words, stdin, env, cwd):
    """Run a line: exit code, standard output, standard error. `run_words` runs a command; its code is None after a timeout."""
    env = dict(os.environ if env is None else env)
    code, all_out, all_err, is_wanted = 0, b"", b"", True
    for joint, words in commands(line):
        if joint == "&&":
            is_wanted = is_wanted and code == 0
        elif joint == "||":
            is_wanted = code != 0
        else:
            is_wanted = True
        if not is_wanted or not words:
            continue
        code, out, err, cwd = command(words, run_words, stdin, env, cwd)
        all_out, all_err = all_out + out, all_err + err
        if code is None or words[0] == (False, "exit"):
            break
    return code, all_out, all_err


def commands(line):
    """The commands of a line, each with what is before it."""
    joint, words = ";", []
    for is_operator, word in pieces(line):
        if is_operator and word in ("&&", "||", ";", "\n"):
            yield joint, words
            joint, words = word, []
        else:
            words.append((is_operator, word))
    yield joint, words


def command(words, run_words, stdin, env, cwd):
    """Run one command: exit code, standard output, standard error, and the folder after it."""
    plain, places, given = [], {1: 1, 2: 2}, stdin
    words = iter(words)
    for is_operator, word in words:
        if not is_operator:
            plain.append(word)
        elif word == "2>&1":
            places[2] = places[1]
        elif word in ("1>&2", ">&2"):
            places[1] = places[2]
        else:
            is_also, path = next(words, (True, ""))
            if is_also:
                raise refused(word)
            target = os.path.join(cwd, path)
            if word == "<":
                with open(target, "rb") as stream:
                    given = stream.read()
                continue
            open(target, "ab" if word.endswith(">>") else "wb").close()
            places.update(dict.fromkeys((1, 2), target) if word.startswith("&") else {2 if word.startswith("2") else 1: target})
    own = dict(env)
    while plain and is_assignment(plain[0]):
        name, _, own[name] = plain.pop(0).partition("=")
    if not plain:
        env.update(own)
        return 0, b"", b"", cwd
    if plain[0] == "cd" and len(plain) < 3:
        target = os.path.abspath(os.path.join(cwd, *(plain[1:] or [env.get("HOME", "/tmp")])))
        if not os.path.isdir(target):
            return 1, b"", f"sh: cd: {target}: No such file or directory\n".encode(), cwd
        return 0, b"", b"", target
    if plain[0] == "export" and all(is_assignment(word) for word in plain[1:]):
        env.update(word.split("=", 1) for word in plain[1:])
        return 0, b"", b"", cwd
    if plain[0] == "exit" and len(plain) < 3 and all(word.isdigit() for word in plain[1:]):
        return int((plain[1:] or ["0"])[0]), b"", b"", cwd
    try:
        code, printed, told = run_words(plain, given, own, cwd)
    except FileNotFoundError as error:
        code, printed, told = 127, b"", f"sh: {error.strerror}\n".encode()
    streams = {1: b"", 2: b""}
    for stream, content in ((1, printed), (2, told)):
        place = places[stream]
        if place in streams:
            streams[place] += content
        else:
            with open(place, "ab") as file:
                file.write(content)
    return code, streams[1], streams[2], cwd


def is_assignment(word):
    return "=" in word and word.partition("=")[0].isidentifier()


def refused(what):
    return OSError(38, f"there is no shell in a guest that knows {what!r}; run Python with a list of arguments, and pipes")


def pieces(line):
    """The words and operators of a line: whether it is an operator, and its text."""
    at, word, quote = 0, None, ""
    while at < len(line):
        one = line[at]
        if quote:
            if one == quote:
                quote = ""
            elif quote == '"' and one == "\\" and line[at + 1 : at + 2] in ("\\", '"', "$", "`", "\n"):
                at += 1
                word += line[at]
            elif quote == '"' and one in IN_QUOTES:
                raise refused(one)
            else:
                word += one
            at += 1
            continue
        operator = next((known for known in OPERATORS if line.startswith(known, at)), None)
        if operator is not None and (word is None or not operator[0].isdigit()):
            if word is not None:
                yield False, word
            word = None
            yield True, operator
            at += len(operator)
            continue
        if one in "'\"":
            word, quote = word or "", one
        elif one == "\\" and at + 1 < len(line):
            at += 1
            word = (word or "") + line[at]
        elif one in " \t":
            if word is not None:
                yield False, word
            word = None
        elif one in OTHERS and not (one == "#" and word is not None):
            raise refused(one)
        else:
            word = (word or "") + one
        at += 1
    if quote:
        raise refused(quote)
    if word is not None:
        yield False, word
