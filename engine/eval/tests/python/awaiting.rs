//! Programs that are awaited.

use hyperspace_eval::Score;

use crate::common::score;

#[test]
fn functions_methods_generators_and_contexts_are_awaited() {
    let evaluator = "
import asyncio, inspect
async def run(p):
    assert await p.later(3) == 3 and await asyncio.gather(p.later(1), p.later(2)) == [1, 2]
    assert [x async for x in p.numbers(3)] == [0, 1, 2]
    agent = p.Agent()
    assert inspect.iscoroutinefunction(agent.act) and await agent.act(4) == 8
    async with p.Session() as session:
        assert await session.get() == 5
    assert session.closed
    return await p.started() + await p.finished()
def evaluate(path):
    p = load(path)
    assert inspect.iscoroutinefunction(p.later)
    return asyncio.run(run(p))
";
    let program = "
import asyncio
async def later(x):
    await asyncio.sleep(0.01)
    return x
async def numbers(n):
    for x in range(n):
        await asyncio.sleep(0.01)
        yield x
class Agent:
    async def act(self, x): return x * 2
class Session:
    closed = False
    async def __aenter__(self): return self
    async def __aexit__(self, *error): self.closed = True
    async def get(self): return 5
async def started():
    global task
    task = asyncio.ensure_future(later(7))
    return 1
async def finished(): return await task
";
    assert_eq!(score(evaluator, program), Score::integer(8));
}

#[test]
fn a_wait_ends_at_its_timeout() {
    let evaluator = "
import asyncio, time
async def run(p):
    late = 0
    for wait in (lambda: p.slow(), lambda: asyncio.gather(p.slow())):
        try:
            await asyncio.wait_for(wait(), 0.1)
        except asyncio.TimeoutError:
            late += 1
    began = time.monotonic()
    for wait in (lambda: p.endless(), lambda: asyncio.gather(p.endless()), lambda: asyncio.create_task(p.endless())):
        try:
            await asyncio.wait_for(wait(), 0.1)
        except asyncio.TimeoutError:
            late += 1
    assert time.monotonic() - began < 0.5
    async with asyncio.timeout(5):
        return late + await p.fast()
def evaluate(path):
    return asyncio.run(run(load(path)))
";
    let program = "
import asyncio
async def slow(): await asyncio.sleep(3)
async def endless():
    while True:
        try:
            while True: await asyncio.sleep(0)
        except BaseException: pass
async def fast(): return 10
";
    assert_eq!(score(evaluator, program), Score::integer(15));
}
