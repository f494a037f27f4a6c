"""schemathesis finds nothing in the server of HTTP: every answer is what `/openapi.json` says, whatever is asked."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from servers import serve

CONFIG = pathlib.Path(__file__).with_name("schemathesis.toml")
SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "100"))


class Description(unittest.TestCase):
    def test_nothing_is_found(self):
        with serve("--task", "bin-packing") as (url, process), tempfile.TemporaryDirectory() as folder:
            command = [
                str(pathlib.Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run", f"{url}/openapi.json",
                "--checks", "all", "--seed", os.environ.get("SCHEMATHESIS_SEED", "1"), "--max-examples", "20", "--max-time", str(SECONDS),
                "--request-timeout", "60", "--continue-on-failure", "--no-color",
            ]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS + 120)
            self.assertEqual(done.returncode, 0, done.stdout[-20_000:] + done.stderr[-2_000:])
            self.assertIn("API Operations:", done.stdout)
            print(next(line for line in done.stdout.splitlines() if "generated" in line).strip())
            self.assertIsNone(process.poll(), "the server ended")


if __name__ == "__main__":
    unittest.main()
