"""Makes symbols of archives weak which several extension modules define alike: shared libraries would keep them for themselves, and a
static link takes one of them. Those that use what belongs to their module stay in it.

usage: weaken.py ARCHIVE...   (changed in place; only the flags of symbols are)
"""
import pathlib
import re
import sys

# scipy's special functions, which are headers that define functions, and the same lines in every module that f2py or Cython wrote.
ALIKE = re.compile(rb"_ZN3xsf.*|_ZN8Faddeeva.*|wrap_PyUFunc_getfperr|_npy_f2py_ARRAY_API.*")
# They call numpy by way of a table that every module imports by itself.
OWN = re.compile(rb"_ZN3xsf5numpy(5ufunc|6gufunc|19set_error_check_fpe)E.*")
WEAK, LOCAL, UNDEFINED, EXPLICIT_NAME = 1, 2, 0x10, 0x40


class Reader:
    def __init__(self, data, at, end):
        self.data, self.at, self.end = data, at, end

    def number(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self):
        length = self.number()
        self.at += length
        return bytes(self.data[self.at - length:self.at])

    def part(self):
        """Kind and content of a section or subsection."""
        kind = self.number()
        size = self.number()
        self.at += size
        return kind, Reader(self.data, self.at - size, self.at)

    def parts(self):
        while self.at < self.end:
            yield self.part()


def symbols(table):
    """Place and value of each symbol's flags, and its name, if it is a defined function or datum."""
    for _ in range(table.number()):
        kind, at = table.number(), table.at
        flags = table.number()
        defined = not flags & UNDEFINED
        name = None
        if kind in (0, 2, 4, 5):  # function, global, tag, table
            table.number()
            if defined or flags & EXPLICIT_NAME:
                name = table.text()
        elif kind == 1:
            name = table.text()
            if defined:
                for _ in range(3):
                    table.number()
        else:
            table.number()
        if defined and name and kind in (0, 1):
            yield at, flags, name


def weaken(data, start, end):
    for kind, section in Reader(data, start + 8, end).parts():
        if kind == 0 and section.text() == b"linking":
            section.number()
            for subsection, table in section.parts():
                if subsection == 8:
                    for at, flags, name in symbols(table):
                        if OWN.fullmatch(name):
                            data[at] = data[at] & ~WEAK | LOCAL
                        elif ALIKE.fullmatch(name) and not flags & (WEAK | LOCAL):
                            data[at] |= WEAK


def main(*archives):
    for archive in map(pathlib.Path, archives):
        data = bytearray(archive.read_bytes())
        if data.startswith(b"!<thin>"):  # names of objects: libraries inside of one module
            continue
        before, at = bytes(data), 8
        while at < len(data):
            size = int(data[at + 48:at + 58])
            if data[at + 60:at + 64] == b"\0asm":
                weaken(data, at + 60, at + 60 + size)
            at += 60 + size + size % 2
        if data != before:
            archive.write_bytes(data)


main(*sys.argv[1:])
