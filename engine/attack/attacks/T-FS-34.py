# T-FS-34: globs, walks and temporary files stay inside
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: 0 /tmp True
# prints: True

import glob, os, tempfile
print(len(glob.glob('/**/passwd', recursive=True)), tempfile.gettempdir(), sum(1 for _ in os.walk('/')) > 3)
with tempfile.TemporaryDirectory() as folder: print(folder.startswith('/tmp/'))
