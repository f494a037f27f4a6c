# T-STACK-08: frees a very deep tuple
# held by: engine/sandbox/src/engine.rs
# limits: fuel=3_000_000_000
# ends: completed
# prints: freed

x = ()
for _ in range(500_000): x = (x,)
del x
print('freed')
