"""What a worker holds at once is bounded by bytes, whatever waits for it."""
from pathlib import Path

from support.waiting import wait_until

MIB = 1 << 20
WAITING = 150


def most_memory(pid: int) -> int:
    """The most that the process ever had in memory, in bytes."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_a_relay_takes_large_rows_a_few_at_a_time(system, stack):
    stack.down("relay")
    system.lockbox.rows("""INSERT INTO lockbox.quarantine (consumer, topic, "partition", "offset", kafka_timestamp, headers, value, reason)
                           SELECT 'a test', 'lockbox.tickets.v1', 0, n, now(), '\\x00000000', convert_to(repeat('x', %s), 'UTF8'), ': large'
                             FROM generate_series(1, %s) AS n""", MIB, WAITING)
    stack.up()
    unpublished = "SELECT 1 FROM lockbox.quarantine WHERE consumer = 'a test' AND published_at IS NULL"
    wait_until(lambda: not system.lockbox.rows(unpublished), "every dead letter is published", 60)
    held = most_memory(stack.status()["relay"]["pid"])
    assert held < 400 * MIB, f"{held / MIB:.0f} MiB"
