"""Programs that cheat evaluators which run them in their own process, or beside it. Each defines or prevents `solve`."""

ATTACKS = {
    # Python code of the program: what it would gain in a shared process.
    "leaves with success": "import os\nos._exit(0)\n",
    "leaves the interpreter": "import sys\nsys.exit(0)\n",
    "leaves within the call": "import os\ndef solve(*args, **kwargs):\n    os._exit(0)\n",
    "loops": "def solve(*args, **kwargs):\n    while True: pass\n",
    "loops at import": "while True: pass\n",
    "eats memory": "def solve(*args, **kwargs):\n    x = []\n    while True: x.append(bytearray(1 << 20))\n",
    "recurses": "import sys\nsys.setrecursionlimit(10**9)\ndef solve(*args, **kwargs): return solve()\n",
    "forges an answer and leaves": (
        "import json, os, sys\nprint(json.dumps({'returned': 1e9, 'variables': {}, 'combined_score': 1e9}))\nsys.stdout.flush()\nos._exit(0)\n"
    ),
    "returns an object that compares as it likes": (
        "class Best(float):\n    def __eq__(self, other): return True\n    def __lt__(self, other): return True\n"
        "class Any:\n    def __eq__(self, other): return True\n"
        "def solve(*args, **kwargs): return Any()\n"
    ),
    "returns infinity": "def solve(*args, **kwargs): return float('inf')\n",
    "returns what is no number": "def solve(*args, **kwargs): return float('nan')\n",
    "reads the host's files": "def solve(*args, **kwargs): return open('/etc/passwd').read()\n",
    "imports the host's scorer": "def solve(*args, **kwargs):\n    import scorer_of_the_host\n    return scorer_of_the_host.SECRET\n",
    "answers in the driver's place": (
        "import sys\ndriver = sys._getframe(1).f_globals\n"
        "def solve(*args, **kwargs):\n    driver['plain'] = lambda value, where: value\n    return {1: 2}\n"
    ),
}

# Replaces every function that judges, in every frame and module that it can see, and then answers wrongly.
REPLACES_THE_SCORER = '''
import gc, sys
def win(*args, **kwargs): return 1e9
for module in list(sys.modules.values()):
    for name in ("score", "evaluate", "judge", "validate", "aggregate", "SECRET", "same", "judged", "number"):
        if hasattr(module, name):
            setattr(module, name, win)
frame = sys._getframe()
while frame is not None:
    for values in (frame.f_globals, frame.f_locals):
        for name in ("score", "evaluate", "judge", "expected"):
            if name in values: values[name] = win
    frame = frame.f_back
def solve(*args, **kwargs): return -1
'''

# Writes the files that evaluators leave their scores in.
WRITES_THE_SCORE = '''
import glob, json, os
def solve(*args, **kwargs):
    for folder in [".", "..", "/tmp", "/logs/verifier", *args[:1]]:
        for name in ("metrics.json", "correct.json", "reward.txt"):
            try:
                os.makedirs(str(folder), exist_ok=True)
                with open(os.path.join(str(folder), name), "w") as file:
                    json.dump({"combined_score": 1e9, "correct": True}, file)
            except OSError:
                pass
    return -1
'''

# Looks for what is expected in all frames and objects that it can see.
LOOKS_FOR_THE_ANSWER = '''
import gc, sys
def solve(*args, **kwargs):
    seen = [repr(each) for each in gc.get_objects() if isinstance(each, (dict, list, tuple, str))]
    frame = sys._getframe()
    while frame is not None:
        seen += [repr(frame.f_locals), repr(frame.f_globals)]
        frame = frame.f_back
    needle = "".join(["9182", "7364"])
    return int(needle) if any(needle in text for text in seen) else -1
'''
