"""An agent of about 15 KB: what the import of a candidate costs, and what one answer costs."""

import dataclasses
import functools
import json
import re
from collections import Counter, defaultdict

WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
STOP = frozenset("a an and are as at be by for from has he in is it its of on that the to was were will with".split())


@dataclasses.dataclass
class Document:
    """A text with what was found in it."""

    text: str
    words: list = dataclasses.field(default_factory=list)
    numbers: list = dataclasses.field(default_factory=list)
    marks: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Rule:
    """One reason for a label."""

    name: str
    weight: float
    words: tuple


def read(text):
    document = Document(text)
    document.words = [word.lower() for word in WORD.findall(text)]
    document.numbers = [float(number) for number in NUMBER.findall(text)]
    return document


@functools.lru_cache(maxsize=256)
def stem(word):
    for ending in ("ingly", "edly", "ing", "ed", "ly", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)]
    return word


def score_accuracy(document):
    """How much of accuracy there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 1 / 25
    hits = sum(count for word, count in near.items() if word.startswith('ac') or 'cy' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 3 / 7
    document.marks['accuracy'] = round(weight * hits / total + spread / 11, 6)
    return document.marks['accuracy']


def score_balance(document):
    """How much of balance there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 2 / 25
    hits = sum(count for word, count in near.items() if word.startswith('ba') or 'ce' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 4 / 8
    document.marks['balance'] = round(weight * hits / total + spread / 12, 6)
    return document.marks['balance']


def score_clarity(document):
    """How much of clarity there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 3 / 25
    hits = sum(count for word, count in near.items() if word.startswith('cl') or 'ty' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 5 / 9
    document.marks['clarity'] = round(weight * hits / total + spread / 13, 6)
    return document.marks['clarity']


def score_depth(document):
    """How much of depth there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 4 / 25
    hits = sum(count for word, count in near.items() if word.startswith('de') or 'th' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 6 / 10
    document.marks['depth'] = round(weight * hits / total + spread / 14, 6)
    return document.marks['depth']


def score_effort(document):
    """How much of effort there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 5 / 25
    hits = sum(count for word, count in near.items() if word.startswith('ef') or 'rt' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 7 / 11
    document.marks['effort'] = round(weight * hits / total + spread / 15, 6)
    return document.marks['effort']


def score_focus(document):
    """How much of focus there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 6 / 25
    hits = sum(count for word, count in near.items() if word.startswith('fo') or 'us' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 8 / 12
    document.marks['focus'] = round(weight * hits / total + spread / 16, 6)
    return document.marks['focus']


def score_growth(document):
    """How much of growth there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 7 / 25
    hits = sum(count for word, count in near.items() if word.startswith('gr') or 'th' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 9 / 13
    document.marks['growth'] = round(weight * hits / total + spread / 17, 6)
    return document.marks['growth']


def score_harmony(document):
    """How much of harmony there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 8 / 25
    hits = sum(count for word, count in near.items() if word.startswith('ha') or 'ny' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 10 / 14
    document.marks['harmony'] = round(weight * hits / total + spread / 18, 6)
    return document.marks['harmony']


def score_insight(document):
    """How much of insight there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 9 / 25
    hits = sum(count for word, count in near.items() if word.startswith('in') or 'ht' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 11 / 15
    document.marks['insight'] = round(weight * hits / total + spread / 19, 6)
    return document.marks['insight']


def score_judgment(document):
    """How much of judgment there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 10 / 25
    hits = sum(count for word, count in near.items() if word.startswith('ju') or 'nt' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 12 / 16
    document.marks['judgment'] = round(weight * hits / total + spread / 20, 6)
    return document.marks['judgment']


def score_kindness(document):
    """How much of kindness there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 11 / 25
    hits = sum(count for word, count in near.items() if word.startswith('ki') or 'ss' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 13 / 17
    document.marks['kindness'] = round(weight * hits / total + spread / 21, 6)
    return document.marks['kindness']


def score_logic(document):
    """How much of logic there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 12 / 25
    hits = sum(count for word, count in near.items() if word.startswith('lo') or 'ic' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 14 / 18
    document.marks['logic'] = round(weight * hits / total + spread / 22, 6)
    return document.marks['logic']


def score_method(document):
    """How much of method there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 13 / 25
    hits = sum(count for word, count in near.items() if word.startswith('me') or 'od' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 15 / 19
    document.marks['method'] = round(weight * hits / total + spread / 23, 6)
    return document.marks['method']


def score_nuance(document):
    """How much of nuance there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 14 / 25
    hits = sum(count for word, count in near.items() if word.startswith('nu') or 'ce' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 16 / 20
    document.marks['nuance'] = round(weight * hits / total + spread / 24, 6)
    return document.marks['nuance']


def score_order(document):
    """How much of order there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 15 / 25
    hits = sum(count for word, count in near.items() if word.startswith('or') or 'er' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 17 / 21
    document.marks['order'] = round(weight * hits / total + spread / 25, 6)
    return document.marks['order']


def score_proof(document):
    """How much of proof there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 16 / 25
    hits = sum(count for word, count in near.items() if word.startswith('pr') or 'of' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 18 / 22
    document.marks['proof'] = round(weight * hits / total + spread / 26, 6)
    return document.marks['proof']


def score_quality(document):
    """How much of quality there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 17 / 25
    hits = sum(count for word, count in near.items() if word.startswith('qu') or 'ty' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 19 / 23
    document.marks['quality'] = round(weight * hits / total + spread / 27, 6)
    return document.marks['quality']


def score_reason(document):
    """How much of reason there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 18 / 25
    hits = sum(count for word, count in near.items() if word.startswith('re') or 'on' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 20 / 24
    document.marks['reason'] = round(weight * hits / total + spread / 28, 6)
    return document.marks['reason']


def score_scope(document):
    """How much of scope there is: words near it, sizes of numbers, and the shape of the text."""
    near = Counter(stem(word) for word in document.words if word not in STOP)
    total = sum(near.values()) or 1
    weight = 19 / 25
    hits = sum(count for word, count in near.items() if word.startswith('sc') or 'pe' in word)
    spread = len(near) / total
    if document.numbers:
        middle = sorted(document.numbers)[len(document.numbers) // 2]
        spread += abs(middle) % 21 / 25
    document.marks['scope'] = round(weight * hits / total + spread / 29, 6)
    return document.marks['scope']


RULES = [
    Rule("accuracy", 0.1, ("accuracy", "focus", "judgment")),
    Rule("balance", 0.2, ("balance", "growth", "kindness")),
    Rule("clarity", 0.3, ("clarity", "harmony", "logic")),
    Rule("depth", 0.4, ("depth", "insight", "method")),
    Rule("effort", 0.5, ("effort", "judgment", "nuance")),
    Rule("focus", 0.6, ("focus", "kindness", "order")),
    Rule("growth", 0.7, ("growth", "logic", "proof")),
    Rule("harmony", 0.8, ("harmony", "method", "quality")),
    Rule("insight", 0.9, ("insight", "nuance", "reason")),
    Rule("judgment", 1.0, ("judgment", "order", "scope")),
    Rule("kindness", 1.1, ("kindness", "proof", "trust")),
    Rule("logic", 1.2, ("logic", "quality", "unity")),
    Rule("method", 1.3, ("method", "reason", "value")),
    Rule("nuance", 1.4, ("nuance", "scope", "wisdom")),
    Rule("order", 1.5, ("order", "trust", "yield")),
    Rule("proof", 1.6, ("proof", "unity", "zeal")),
    Rule("quality", 1.7, ("quality", "value", "accuracy")),
    Rule("reason", 1.8, ("reason", "wisdom", "balance")),
    Rule("scope", 1.9, ("scope", "yield", "clarity")),
    Rule("trust", 2.0, ("trust", "zeal", "depth")),
    Rule("unity", 2.1, ("unity", "accuracy", "effort")),
    Rule("value", 2.2, ("value", "balance", "focus")),
    Rule("wisdom", 2.3, ("wisdom", "clarity", "growth")),
    Rule("yield", 2.4, ("yield", "depth", "harmony")),
    Rule("zeal", 2.5, ("zeal", "effort", "insight")),
]

SCORES = [value for name, value in sorted(globals().items()) if name.startswith("score_")]


def nothing():
    return None


def answer(row):
    """The label of a text, with its reasons."""
    document = read(row)
    for score in SCORES[:6]:
        score(document)
    found = defaultdict(float)
    for rule in RULES:
        for word in rule.words:
            if word in document.words:
                found[rule.name] += rule.weight
    best = max(found, key=lambda name: (found[name], name), default="none")
    return {"label": best, "marks": json.loads(json.dumps(document.marks)), "words": len(document.words)}
