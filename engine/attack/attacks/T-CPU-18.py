# T-CPU-18: loops while a module is imported
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

open('/tmp/endless.py', 'w').write('while True: pass')
import sys
sys.path.insert(0, '/tmp')
import endless
