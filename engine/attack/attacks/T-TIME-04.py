# T-TIME-04: an event loop that waits for something that never happens
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception RuntimeError

import asyncio


async def main():
    await asyncio.Event().wait()


asyncio.run(main())
