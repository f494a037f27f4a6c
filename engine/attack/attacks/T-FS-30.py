# T-FS-30: plants start-up files for the next run
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: planted

for name in ('sitecustomize.py', 'usercustomize.py', 'x.pth', 'json.py', 'conftest.py', '__init__.py'):
    open('/tmp/' + name, 'w').write('raise SystemExit(9)')
print('planted')
