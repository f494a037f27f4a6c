# T-OUT-11: prints markers of a harness
# held by: engine/sandbox/src/guest.rs
# ends: completed
# prints: {"ok": 1}
# prints: ===RESULT=== {"score": 1.0}
# prints: @@EXIT 0@@

print('{"ok": 1}')
print('===RESULT=== {"score": 1.0}')
print('@@EXIT 0@@')
