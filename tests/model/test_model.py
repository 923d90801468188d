"""Random sequences of events through the real workers, against the reference: every state, event, verdict, reason, dead
letter and access answer."""
import random
import time

from drive import Run, summary, verdicts
from generate import Author, steps
from probe import near
from reference import FOREVER, Settings, World
from values import SECOND

SETTINGS = Settings(pending_ttl=3 * SECOND, grant_ttl=2 * SECOND, grant_ttl_max=8 * 3600 * SECOND,
                    emergency_ttl=1 * SECOND, acknowledge_ttl=2 * SECOND, emergencies_per_day=40)


def test_every_answer_is_the_references(stack, sizes, seed):
    started_at = time.monotonic()
    run = Run(stack, World(SETTINGS), f"m{seed}")
    author = Author(seed, run.prefix)
    chooser = random.Random(seed)
    was_dead = False
    try:
        for drafts in steps(author.write(sizes["events"]), window=500):
            # For a third of the time nobody but those who touch a request knows that its time is up.
            is_dead = 1 / 3 < author.drafts / sizes["events"] < 2 / 3
            if is_dead != was_dead:
                (stack.down if is_dead else stack.up)("expirer")
                was_dead, run.expirer_since = is_dead, FOREVER if is_dead else run.now()
            run.step(drafts)
            run.probe(probes(chooser, run))
            if len(run.broken) > 2000:
                break
    finally:
        stack.up("expirer")
    run.finish()
    print(f"\nseed {seed}: {summary(run)}, {time.monotonic() - started_at:.0f} s")
    print(f"  events out {dict(run.kinds)}\n  reasons {dict(run.reasons)}\n  verdicts\n{verdicts(run)}")
    run.close()
    assert not run.broken, run.report()


def probes(chooser: random.Random, run: Run) -> list:
    """Near what was granted lately."""
    requests = [request for granted in run.world.granted.values() for request in granted[-4:]]
    strangers = list(run.world.granted)
    return [near(chooser, chooser.choice(requests), strangers) for _ in range(20)] if requests else []
