"""Random sequences of events through the real workers, against the reference: every state, event, verdict, reason, dead
letter and access answer.

    LOCKBOX_TEST_EVENTS=100000 LOCKBOX_TEST_SEED=7 ./dev test model"""
import os
import random
import secrets
import time

from drive import Run, summary
from generate import Author, steps
from probe import near
from reference import Settings, World
from values import SECOND

EVENTS = int(os.environ.get("LOCKBOX_TEST_EVENTS", 2000))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", secrets.randbelow(1 << 31)))
SETTINGS = Settings(pending_ttl=3 * SECOND, grant_ttl=2 * SECOND, grant_ttl_max=8 * 3600 * SECOND,
                    emergency_ttl=1 * SECOND, acknowledge_ttl=2 * SECOND)


def test_every_answer_is_the_references(stack):
    started_at = time.monotonic()
    run = Run(stack, World(SETTINGS), f"m{SEED}-{secrets.token_hex(3)}")
    author = Author(SEED, run=f"{secrets.token_hex(3)}-")
    chooser = random.Random(SEED)
    for drafts in steps(author.write(EVENTS), window=500):
        run.step(drafts)
        run.probe(probes(chooser, run))
        if len(run.broken) > 500:
            break
    run.finish()
    print(f"\nseed {SEED}: {summary(run)}, {time.monotonic() - started_at:.0f} s")
    print(f"  events out {dict(run.kinds)}\n  verdicts {dict(run.verdicts)}\n  reasons {dict(run.reasons)}")
    run.close()
    assert not run.broken, run.report()


def probes(chooser: random.Random, run: Run) -> list:
    """Near what was granted lately."""
    requests = [request for granted in run.world.granted.values() for request in granted[-4:]]
    strangers = list(run.world.granted)
    return [near(chooser, chooser.choice(requests), strangers) for _ in range(20)] if requests else []
