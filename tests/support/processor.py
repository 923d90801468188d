"""What processes have used of the processor."""
import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*pids: int | str) -> float:
    """Their user and system time so far; nothing of one that has ended."""
    return sum(map(_one, pids))


def _one(pid: int | str) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS if fields[0] != "Z" else 0.0
