"""A store of years, made set-based, and how recipes fare on it."""
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
from recipes import Recipe
from scratch import Scratch

PER_DAY = 280


class Filled(Scratch):
    def __init__(self, stack, requests: int):
        super().__init__(stack)
        self.requests = requests
        script = (Path(__file__).parent / "fill.sql").read_text()
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute("SET jit = off")
            connection.execute("SET work_mem = '200MB'")
            connection.execute("SET search_path = audit")
            connection.execute(script.replace(":requests", str(requests)).replace(":per_day", str(PER_DAY)).encode())
            connection.execute("VACUUM (ANALYZE)")
            # As the auditor does when a month is over.
            connection.execute("SELECT close_month(date_trunc('month', m.at)) FROM (SELECT generate_series(min(created_at), now()"
                               " - interval '1 month', interval '1 month') AS at FROM request_state) AS m")
            self.today = connection.execute("SELECT date_trunc('day', now())").fetchone()[0]
        self.chosen = requests // 2 // 200 * 200  # divisible by all that fill.sql divides by
        self.since, self.until = self.born(self.chosen) - timedelta(hours=12), self.born(self.chosen) + timedelta(hours=24)

    def born(self, n: int) -> datetime:
        return self.today - timedelta(seconds=(self.requests - n) * 86400 / PER_DAY)

    def between(self, after=lambda n: timedelta(0), when=lambda n: True) -> int:
        """How many requests have something this long after they were made in the range."""
        first = max(1, self.chosen - 3 * PER_DAY)
        return sum(when(n) and self.since <= self.born(n) + after(n) < self.until for n in range(first, self.chosen + 3 * PER_DAY))

    def values(self) -> dict[str, str]:
        n = self.chosen
        milliseconds = f"{round(self.born(n).timestamp() * 1000):012x}"
        cluster = f"/subscriptions/s-{n % 1000}/RESOURCEGROUPS/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro"
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), "ticket": f"T-{n}", "engineer": f"E-{n % 2000}",
                "cluster": cluster, "at": (self.born(n) + timedelta(minutes=20)).isoformat(), "longer": "4 hours",
                "request": f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-{n:012x}"}

    def ask(self, recipe: Recipe, url: str | None = None) -> list:
        with psycopg.connect(url or self.auditor_url) as connection:
            return connection.execute(recipe.with_values(connection, **self.values()).encode()).fetchall()

    def explain(self, recipe: Recipe, url: str | None = None) -> tuple[set[str], int]:
        """Which tables it scans whole (but for small ones, and months to come), and how many blocks it touches."""
        with psycopg.connect(url or self.auditor_url) as connection:
            question = recipe.with_values(connection, **self.values())
            connection.execute(question.encode()).fetchall()  # a session's first look at a month reads the catalogue
            [[plan]] = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {question}".encode()).fetchall()
        top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
        scanned = set()

        def walk(node: dict) -> None:
            rows = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
            if node["Node Type"] == "Seq Scan" and rows * node.get("Actual Loops", 0) > 500:
                scanned.add(node["Relation Name"])
            for child in node.get("Plans", []):
                walk(child)
        walk(top)
        return scanned, top["Shared Hit Blocks"] + top["Shared Read Blocks"]

    def months(self) -> int:
        return self.database.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit.event'::regclass")


def hours(n: int) -> timedelta:
    return timedelta(hours=n % 8 + 1)
