"""Takes memory until it is refused, at most 1.5 GiB so that the machine survives. Earns 0."""

import time

BLOCK = 32 << 20
BLOCKS_MAX = 48
done = False


def solve(n):
    global done
    if not done:
        done = True
        held = [bytes([1]) * BLOCK for _ in range(BLOCKS_MAX)]
        time.sleep(1)
        held.clear()
    return -1
