"""Stands where an extension module would be: everything has every name, and what is called says what is not there."""


class Absent:
    __array_ufunc__ = None  # arrays leave products to it

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        raise NotImplementedError("WHAT, which is not a part of this runtime (docs/science.md has what is)")

    __rmul__ = __call__


absent = Absent()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return absent
