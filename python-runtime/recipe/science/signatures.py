"""Compares the types of functions that are called with those that are defined, over all objects of a link: WebAssembly wants both to be
the same, wasm-ld does not always tell, and then writes a module that traps there.

usage: signatures.py OBJECT_OR_ARCHIVE...   (prints what differs, and fails)
"""
import collections
import pathlib
import sys

UNDEFINED, EXPLICIT_NAME, LOCAL = 0x10, 0x40, 0x02


class Reader:
    def __init__(self, data, at, end):
        self.data, self.at, self.end = data, at, end

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self):
        length = self.number()
        self.at += length
        return self.data[self.at - length:self.at]

    def parts(self):
        while self.at < self.end:
            kind, size = self.byte(), self.number()
            self.at += size
            yield kind, Reader(self.data, self.at - size, self.at)

    def limits(self):
        for _ in range(1 + (self.byte() & 1)):
            self.number()


def functions(data, start, end):
    """Name, type, and whether it is defined here, of each function that other objects see."""
    types, own = [], []
    for kind, section in Reader(data, start + 8, end).parts():
        if kind == 1:
            for _ in range(section.number()):
                section.byte()
                types.append(tuple(section.text() for _ in range(2)))
        elif kind == 2:
            for _ in range(section.number()):
                section.text(), (name := section.text())
                what = section.byte()
                if what == 0:
                    own.append((name, types[section.number()]))
                elif what == 1:
                    section.byte(), section.limits()
                elif what == 2:
                    section.limits()
                elif what == 3:
                    section.byte(), section.byte()
                else:
                    section.byte(), section.number()
        elif kind == 3:
            own += [(None, types[section.number()]) for _ in range(section.number())]
        elif kind == 0 and section.text() == b"linking":
            section.number()
            for part, table in section.parts():
                if part == 8:
                    yield from symbols(table, own)


def symbols(table, own):
    for _ in range(table.number()):
        kind, flags = table.byte(), table.number()
        if kind == 0:
            index = table.number()
            name = table.text() if not flags & UNDEFINED or flags & EXPLICIT_NAME else own[index][0]
            if not flags & LOCAL:
                yield name, own[index][1], not flags & UNDEFINED
        elif kind == 1:
            table.text()
            if not flags & UNDEFINED:
                for _ in range(3):
                    table.number()
        elif kind == 3:
            table.number()
        else:
            table.number()
            if not flags & UNDEFINED or flags & EXPLICIT_NAME:
                table.text()


def objects(path):
    data = path.read_bytes()
    if data.startswith(b"\0asm"):
        yield path.name, data, 0, len(data)
    elif data.startswith(b"!<arch>"):
        at = 8
        while at < len(data):
            size = int(data[at + 48:at + 58])
            if data[at + 60:at + 64] == b"\0asm":
                yield path.name, data, at + 60, at + 60 + size
            at += 60 + size + size % 2
    elif data.startswith(b"!<thin>"):
        for member in sorted(pathlib.Path(f"{path}.p").glob("*.o")):
            yield from objects(member)


def main(*paths):
    called, defined = collections.defaultdict(dict), {}
    for path in map(pathlib.Path, paths):
        for place, data, start, end in objects(path):
            for name, kind, is_defined in functions(data, start, end):
                (defined.setdefault(name, (kind, place)) if is_defined else called[name].setdefault(kind, place))
    wrong = 0
    for name, kinds in sorted(called.items()):
        for kind, place in kinds.items():
            if name in defined and defined[name][0] != kind:
                wrong += 1
                print(f"{name.decode()}: called by {place} as {shown(kind)}, defined by {defined[name][1]} as {shown(defined[name][0])}", file=sys.stderr)
    if wrong:
        sys.exit(f"signatures.py: {wrong} functions are called with another type")


def shown(kind):
    names = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
    parameters, results = (" ".join(names.get(byte, "?") for byte in part) for part in kind)
    return f"({parameters}) -> ({results})"


main(*sys.argv[1:])
