# T-QUOTA-02: writes until the disk is full
# held by: engine/sandbox/src/markfs/quota.rs
# ends: quota files

f = open('/tmp/a', 'wb')
while True: f.write(bytes(1 << 20))
