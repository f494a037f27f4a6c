# T-TIME-03: an event loop of long sleeps
# held by: engine/sandbox/src/wasi/clock.rs
# ends: completed
# prints: 3600

import asyncio, time


async def main():
    await asyncio.gather(*(asyncio.sleep(3600) for _ in range(50)))


asyncio.run(main())
print(round(time.monotonic()))
