"""The released client of E2B's code interpreter, which needs another address only."""

import os
import unittest

from servers import serve

from e2b_code_interpreter import Sandbox


class OfficialClient(unittest.TestCase):
    def test_code_and_contexts(self):
        with serve() as (url, _):
            os.environ["E2B_SANDBOX_URL"] = url
            box = Sandbox.create(debug=True, api_key="e2b_" + "0" * 40)
            self.assertEqual(box.run_code("x = 20; print('hello'); x + 1").text, "21")
            done = box.run_code("print(x)")
            self.assertEqual(done.logs.stdout, ["20\n"])
            failed = box.run_code("1 / 0")
            self.assertEqual(failed.error.name, "ZeroDivisionError")
            context = box.create_code_context()
            self.assertEqual(box.run_code("x", context=context).error.name, "NameError")
            self.assertEqual(box.run_code("x = 3; x", context=context).text, "3")
            self.assertEqual(box.run_code("x").text, "20")


if __name__ == "__main__":
    unittest.main()
