# T-TIME-17: the backstop of real time fires although there is fuel
# held by: engine/sandbox/src/call.rs
# limits: fuel=1_000_000_000_000_000 wall_clock_ms=300
# ends: wall-clock

while True: pass
