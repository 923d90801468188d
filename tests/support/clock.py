"""The clock of a stack's PostgreSQL, which tests set: that of its server only, and not the workers'."""
import struct
from contextlib import contextmanager

from .stack import BUILD, Stack

LIBRARY = BUILD / "tests/libshifted_clock.so"  # tests/tools/shifted_clock.c


def set_clock(stack: Stack, seconds: float) -> None:
    """So far ahead of this machine's; behind it where negative."""
    with (stack.directory / "postgres.clock").open("r+b") as file:
        file.write(struct.pack("=q", round(seconds * 1_000_000)))


@contextmanager
def clock_shifted(stack: Stack, seconds: float):
    set_clock(stack, seconds)
    try:
        yield
    finally:
        set_clock(stack, 0)
