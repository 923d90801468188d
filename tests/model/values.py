"""Times and durations as whole microseconds, and what a record says where an input stands."""
import re
from datetime import datetime, timedelta, timezone

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DURATION = re.compile(r"P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?)")


def time_of(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def text_of(time: int | None) -> str | None:
    if time is None:
        return None
    return (EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def duration_of(text: str) -> int:
    """ISO 8601 without years and months."""
    weeks, days, hours, minutes, seconds, fraction = DURATION.fullmatch(text).groups()
    whole = ((int(weeks or 0) * 7 + int(days or 0)) * 24 + int(hours or 0)) * 60 + int(minutes or 0)
    return (whole * 60 + int(seconds or 0)) * SECOND + int((fraction or "0").ljust(6, "0")[:6])
