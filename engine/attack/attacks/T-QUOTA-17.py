# T-QUOTA-17: a writable folder that does not fit its own quota
# held by: engine/sandbox/src/markfs/mod.rs
# limits: file_bytes=1
# ends: refused: the files for /work (4 files and folders, 17 bytes) exceed the limits `files` or `file_bytes`; raise them

print(1)
