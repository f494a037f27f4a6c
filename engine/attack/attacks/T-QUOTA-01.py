# T-QUOTA-01: a sparse file of one terabyte
# held by: engine/sandbox/src/markfs/quota.rs
# ends: quota files

open('/tmp/a', 'wb').truncate(1 << 40)
