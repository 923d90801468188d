"""One run of a schedule, from an empty directory to the judgement; and what makes a failing schedule shorter."""
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.waiting import wait_until

from faults import Nemesis
from judge import SHOWN, Limits, Run, figures, judge, owed
from load import Load
from schedule import Schedule
from watch import Watch
from world import World

LOAD_AFTER_HEALING = 10
OWED_SHOWN = 12


@dataclass
class Verdict:
    schedule: Schedule
    found: dict[str, list[str]]
    figures: dict
    deeds: list[str]

    def __str__(self) -> str:
        lines = [f"seed {self.schedule.seed}: {len(self.found)} invariants broken; {self.figures}", *self.deeds]
        for invariant, wrong in self.found.items():
            lines += [f"## {invariant}: {len(wrong)}", *wrong[:SHOWN]]
        return "\n".join([*lines, f"LOCKBOX_DEV_NEMESIS_SCHEDULE='{self.schedule.to_json()}'"])


def perform(directory: Path, schedule: Schedule, brokers: int = 3, people: tuple[int, int] = (195, 50), limits: Limits = Limits(),
            **settings: str) -> Verdict:
    """Makes a world, breaks it by the schedule, heals it, and judges. Logs and mails stay where something was found."""
    world = World(directory, brokers, **settings)
    try:
        world.up()
        system = world.system()
        load = Load(system, schedule.seed, people=people)
        watch = Watch(world, load, schedule.seed)
        nemesis = Nemesis(world, schedule)
        run = Run(world, system, load, watch, nemesis, time.time(), limits)
        load.start()
        watch.start()
        nemesis.run(run.began)
        run.healed = time.time()
        drain(run)
        watch.close()
        load.end()
        found = judge(run)
        verdict = Verdict(schedule, found, figures(run), told(run))
        system.close()
    finally:
        world.close()
    (directory / "verdict.txt").write_text(f"{verdict}\n")
    for data in directory.glob("*") if not verdict.found else [*directory.glob("kafka-*"), *directory.glob("postgres-*")]:
        shutil.rmtree(data, ignore_errors=True)
    return verdict


def drain(run: Run) -> None:
    """The load goes on for a little, then everything that is owed is waited for, and all are to be ready."""
    def waits(condition: Callable[[], bool], seconds: float) -> bool:
        try:
            return bool(wait_until(condition, "it", seconds, every=1))
        except TimeoutError:
            return False
    waits(lambda: time.time() > run.healed + LOAD_AFTER_HEALING, LOAD_AFTER_HEALING + 5)
    run.load.quiet()
    if waits(lambda: nothing_is_owed(run), 2 * run.limits.drained):
        run.drained_after = time.time() - run.healed
    waits(lambda: run.watch.samples[-1].at > time.time() - 1 and set(run.watch.samples[-1].ready.values()) == {"ready"}, 5)


def nothing_is_owed(run: Run) -> bool:
    """Notes what is, whenever it is something else."""
    what = [f"{len(run.load.unfinished)} lives wait"] if run.load.unfinished else []
    what += [it for it in (owed(run), run.world.not_ready()) if it]
    if what:
        run.owed.append(f"{time.time() - run.healed:5.1f} s after healing: {'; '.join(what)}")
    return not what


def told(run: Run) -> list[str]:
    return [f"{str(deed.fault)}  (done {run.when(deed.began)} to {run.when(deed.ended) if deed.ended else '…'}{': ' if deed.said else ''}{deed.said})"
            for deed in run.nemesis.deeds] + run.owed[-OWED_SHOWN:]


def shorter(schedule: Schedule, fails: Callable[[Schedule], bool], tell=print) -> Schedule:
    """Faults are dropped, halves first and then one by one, as long as what is left still fails."""
    size = max(1, len(schedule.faults) // 2)
    while True:
        place, was = 0, len(schedule.faults)
        while place < len(schedule.faults):
            fewer = schedule.without(set(range(place, min(place + size, len(schedule.faults)))))
            if fewer.faults and fails(fewer):
                tell(f"still fails with {len(fewer.faults)} faults of {was}")
                schedule = fewer
            else:
                place += size
        if size == 1 and len(schedule.faults) == was:
            return schedule
        size = max(1, size // 2)


def read_schedule(text: str) -> Schedule:
    """JSON, or the name of a file that holds it."""
    return Schedule.from_json(text if text.lstrip().startswith("{") else Path(text).read_text())


