"""The only ways a test passes time. It waits for a condition until a deadline; `./dev check` finds a sleep anywhere else."""
import asyncio
import time

SECONDS = 30.0  # a generous deadline for what takes milliseconds on an idle machine


def wait_until(condition, what: str, seconds: float = SECONDS, every: float = 0.02):
    """Returns the condition's first true value. TimeoutError names what did not come."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(every)


def stays(condition, seconds: float, every: float = 0.02) -> bool:
    """Whether a condition is true each time it is asked, for so long. A slow machine asks less often, and never fails by it."""
    deadline = time.monotonic() + seconds
    while condition():
        if time.monotonic() > deadline:
            return True
        time.sleep(every)
    return False


def be_slow(seconds: float) -> None:
    """For a test's own actor that acts late because that is what the test is about: a slow server, a load's chosen moments."""
    time.sleep(seconds)


async def be_slow_in_loop(seconds: float) -> None:
    """The same, in an event loop."""
    await asyncio.sleep(seconds)
