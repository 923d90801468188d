"""What is broken when, by a seed: a list of faults, that can be written down, read again and made shorter."""
import json
import random
from dataclasses import asdict, dataclass

from support.proxy import MODES

WORKERS = ("requester", "decider", "expirer", "relay", "notifier", "auditor")
HOUR, DAY = 3600, 86_400

# Kind → how often it is chosen beside the others.
WEIGHTS = {"kill": 5, "term": 3, "stop": 4, "link": 6, "cut off": 4, "broker killed": 2, "broker stopped": 1, "leader killed twice": 1,
           "read-only": 1, "standby away": 2, "promoted": 1, "database frozen": 1, "clock": 3, "sessions ended": 3,
           "limit lowered": 1, "partitions added": 1, "long snapshot": 1, "receiver killed": 1}
AT_ONCE = 2
FOR_A_WHOLE_SERVER = {"broker killed", "broker stopped", "leader killed twice", "promoted", "standby away", "database frozen"}
CLOCKS = (1, -1, HOUR, -HOUR, 5 * DAY, -5 * DAY)


@dataclass(frozen=True)
class Fault:
    """at, seconds: when it begins after the load did, and how long it lasts; some are over at once. target and detail by kind."""
    at: float
    kind: str
    seconds: float = 0
    target: str = ""
    detail: str = ""
    number: int = 0

    def __str__(self) -> str:
        words = [f"{self.at:6.1f} s  {self.kind}", self.target, self.detail, str(self.number) if self.number else "",
                 f"for {self.seconds:.0f} s" if self.seconds else ""]
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Schedule:
    seed: int
    seconds: float
    faults: tuple[Fault, ...]

    def without(self, dropped: set[int]) -> "Schedule":
        return Schedule(self.seed, self.seconds, tuple(fault for place, fault in enumerate(self.faults) if place not in dropped))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Schedule":
        read = json.loads(text)
        return cls(read["seed"], read["seconds"], tuple(Fault(**fault) for fault in read["faults"]))

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}, {self.seconds:.0f} s", *map(str, self.faults)])


def by_seed(seed: int, seconds: float, pause: tuple[float, float] = (5, 15), longest: float = 90) -> Schedule:
    """A fault every so many seconds, no more than two at a time, none that goes on behind the end."""
    chance = random.Random(seed)
    faults: list[Fault] = []
    at = chance.uniform(1, pause[0])
    while at < seconds - 5:
        under_way = [fault for fault in faults if fault.at + fault.seconds > at]
        if len(under_way) < AT_ONCE:
            fault = choose(chance, at, min(longest, seconds - at))
            if not (fault.kind in FOR_A_WHOLE_SERVER and any(it.kind in FOR_A_WHOLE_SERVER for it in under_way)):
                faults.append(fault)
        at += chance.uniform(*pause)
    return Schedule(seed, seconds, tuple(faults))


def choose(chance: random.Random, at: float, longest: float) -> Fault:
    kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    worker = f"{chance.choice(WORKERS)}-{chance.choice((1, 2))}"
    lasting = round(min(longest, chance.choice((5, 10, 20, 40, 90)) * chance.uniform(0.6, 1)), 1)
    mode = chance.choice(MODES[1:])
    number = chance.randrange(20_000) if mode == "reset" else 0
    at = round(at, 1)
    match kind:
        case "kill" | "term":
            return Fault(at, kind, target=worker)
        case "link" | "cut off":
            return Fault(at, kind, lasting, worker, mode, number)
        case "stop":
            return Fault(at, kind, lasting, worker)
        case "clock":
            return Fault(at, kind, lasting, number=chance.choice(CLOCKS))
        case "sessions ended":
            return Fault(at, kind, target=chance.choice([*WORKERS, ""]))
        case "partitions added":
            return Fault(at, kind, target=chance.choice(("lockbox.decisions.v1", "lockbox.accesses.v1")))
        case "limit lowered":
            return Fault(at, kind, lasting, "lockbox.deadletter.v1", number=20_000)
        case "broker killed" | "broker stopped" | "leader killed twice":
            return Fault(at, kind, max(5, min(lasting, 40)), number=chance.choice((1, 2, 3)))
        case "receiver killed":
            return Fault(at, kind, min(lasting, 20))
        case _:
            return Fault(at, kind, min(lasting, 60))
