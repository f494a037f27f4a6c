"""Reductions of Python files: each is a smaller text, and most of them are programs."""

import ast
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reductions"))

from hyperspace_reductions import reductions  # noqa: E402


def variants(source):
    raw = source.encode()
    return [(raw[:start] + text.encode() + raw[end:]).decode() for start, end, text in reductions(source)]


class Reductions(unittest.TestCase):
    def test_statements_and_branches_go(self):
        source = "import math\ndef f(x):\n    if x > 1:\n        y = 1\n    else:\n        y = 2\n    return y\n"
        found = variants(source)
        self.assertIn("import math\n", found)
        self.assertIn("import math\ndef f(x):\n    y = 1\n    return y\n", found)
        self.assertIn("import math\ndef f(x):\n    y = 2\n    return y\n", found)
        self.assertIn("import math\ndef f(x):\n    if x > 1:\n        y = 1\n    return y\n", found)
        self.assertIn("import math\ndef f(x):\n    if x > 1:\n        pass\n    else:\n        y = 2\n    return y\n", found)

    def test_expressions_become_their_parts(self):
        found = variants("y = max(1.0, 1.0 + E[-8]) * 2\n")
        for text in ("y = max(1.0, 1.0 + E[-8])\n", "y = 2\n", "y = max(1.0) * 2\n", "y = max(1.0 + E[-8]) * 2\n", "y = 1.0 * 2\n"):
            self.assertIn(text, found)
        self.assertIn("y = (1.0 + E[-8]) * 2\n", found)
        self.assertIn("é = a\n", variants("é = (a) + 'ü'\n"))

    def test_what_shares_a_line_or_documents_stays(self):
        self.assertEqual(variants('"""Text."""\n'), [])
        self.assertNotIn(" b = 2\n", variants("a = 1; b = 2\n"))

    def test_texts_over_several_lines_are_not_moved(self):
        source = 'if x:\n    y = """a\n    b"""\nz = 1\n'
        self.assertNotIn('y = """a\nb"""\nz = 1\n', variants(source))

    def test_blank_lines_do_not_pile_up(self):
        self.assertIn("a = 1\n\n\nc = 3\n", variants("a = 1\n\n\nb = 2\n\n\nc = 3\n"))
        self.assertIn("b = 2\n", variants("import a\n\n\nb = 2\n"))
        self.assertIn("a = 1\n\nc = 3\n", variants("a = 1\nb = 2\n\nc = 3\n"))

    def test_decorators_go_with_their_function_and_elif_with_its_lines(self):
        source = "@d\ndef f():\n    return 1\nif a:\n    b()\nelif c:\n    d()\nelse:\n    e()\n"
        found = variants(source)
        self.assertIn(source.split("if a")[1].join(["if a", ""]), found)
        self.assertIn("@d\ndef f():\n    return 1\nif a:\n    b()\n", found)

    def test_own_files_give_programs(self):
        for path in Path(__file__).resolve().parents[1].rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            found = variants(source)
            broken = 0
            for text in found[:100]:
                self.assertNotEqual(text, source)
                try:
                    ast.parse(text)
                except SyntaxError:
                    broken += 1
            self.assertLessEqual(broken, len(found[:100]) // 20, path)

    def test_what_is_no_program_has_none(self):
        for source in ("def", "\0", "(" * 10_000):
            self.assertEqual(reductions(source), [])


if __name__ == "__main__":
    unittest.main()
