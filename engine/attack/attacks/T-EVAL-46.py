# T-EVAL-46: is awaited for ever, and swallows what ends the wait
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/waiting.py
# ends: scored 0/1

import asyncio
async def later():
    while True:
        try:
            while True: await asyncio.sleep(0)
        except BaseException: pass
def f(): return 0
