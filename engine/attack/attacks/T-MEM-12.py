# T-MEM-12: a limit below what the interpreter itself needs
# held by: engine/sandbox/src/call.rs
# limits: memory_bytes=8_388_608
# ends: out-of-memory

print(1)
