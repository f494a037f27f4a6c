# T-CPU-10: integers whose hashes collide modulo 2^31 - 1
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

table = {i * (2**31 - 1) for i in range(1, 200_000)}
while True: table.add(len(table) * (2**31 - 1)), (2**31 - 1) * 7 in table
