"""Waiting for a condition until a deadline: the only way a test passes time."""
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
