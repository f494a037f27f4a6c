"""The official TypeScript client of the Model Context Protocol, on standard input and output and over HTTP."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from servers import PROGRAM, serve

SCRIPT = pathlib.Path(__file__).with_name("mcp_client.mjs")


class OfficialClient(unittest.TestCase):
    def client(self, *arguments):
        """Runs the client where its packages are; returns the digest that it printed."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(SCRIPT, folder)
            os.symlink(os.path.join(os.environ["NODE_PREFIX"], "node_modules"), os.path.join(folder, "node_modules"))
            done = subprocess.run(["node", os.path.join(folder, SCRIPT.name), *arguments], capture_output=True, text=True, timeout=150)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.split()[-1]

    def test_both_transports_give_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            own = self.client(PROGRAM, os.path.join(folder, "store"))
        with serve() as (url, _):
            self.assertEqual(self.client(f"{url}/mcp"), own)
        self.assertEqual(len(own), 64)


if __name__ == "__main__":
    unittest.main()
