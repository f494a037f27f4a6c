"""Writes the kernel without any thought of speed: every slot in a bundle of its own, all rounds and elements one after the other."""

STAGES = [
    ("+", 0x7ED55D16, "+", "<<", 12),
    ("^", 0xC761C23C, "^", ">>", 19),
    ("+", 0x165667B1, "+", "<<", 5),
    ("+", 0xD3A2646C, "^", "<<", 9),
    ("+", 0xFD7046C5, "+", "<<", 3),
    ("^", 0xB55A4F09, "^", ">>", 16),
]
HEADER = ["rounds", "nodes", "batch", "height", "tree", "indices", "values"]


class Writer:
    """A program that is written slot by slot, and the scratch words of its names and constants."""

    def __init__(self):
        self.bundles = []
        self.words = {}

    def word(self, name):
        return self.words.setdefault(name, len(self.words))

    def slot(self, engine, *parts):
        self.bundles.append(" ".join(map(str, (engine, *parts))))

    def constant(self, number):
        """The scratch word of a constant, which is loaded when it is first needed."""
        if number not in self.words:
            self.slot("load", "const", self.word(number), number)
        return self.words[number]


def prepare(writer, batch):
    """Loads the header and all constants."""
    address = writer.word("address")
    for place, name in enumerate(HEADER):
        writer.slot("load", "const", address, place)
        writer.slot("load", "load", writer.word(name), address)
    for number in range(batch):
        writer.constant(number)
    for _, first, _, _, second in STAGES:
        writer.constant(first)
        writer.constant(second)
    writer.slot("flow", "pause")


def step(writer, element):
    """One round of one element: 36 cycles."""
    word, alu = writer.word, lambda *parts: writer.slot("alu", *parts)
    index, value, node, address = word("index"), word("value"), word("node"), word("address")
    low, high = word("low"), word("high")
    offset, one, two, zero = (writer.constant(number) for number in (element, 1, 2, 0))
    alu("+", address, word("indices"), offset)
    writer.slot("load", "load", index, address)
    alu("+", address, word("values"), offset)
    writer.slot("load", "load", value, address)
    alu("+", address, word("tree"), index)
    writer.slot("load", "load", node, address)
    alu("^", value, value, node)
    for first, constant, middle, second, shift in STAGES:
        alu(first, low, value, writer.constant(constant))
        alu(second, high, value, writer.constant(shift))
        alu(middle, value, low, high)
    alu("%", low, value, two)
    alu("==", low, low, zero)
    writer.slot("flow", "select", high, low, one, two)
    alu("*", index, index, two)
    alu("+", index, index, high)
    alu("<", low, index, word("nodes"))
    writer.slot("flow", "select", index, low, index, zero)
    alu("+", address, word("indices"), offset)
    writer.slot("store", "store", address, index)
    alu("+", address, word("values"), offset)
    writer.slot("store", "store", address, value)


def build(height, batch, rounds):
    """Returns the program as a text, a line per bundle."""
    writer = Writer()
    prepare(writer, batch)
    for _ in range(rounds):
        for element in range(batch):
            step(writer, element)
    writer.slot("flow", "pause")
    return "\n".join(writer.bundles)
