"""Random JSON objects, and what is a little different from them."""
import random

KEYS = ["a", "b", "c/d", "e~f", "\u20ac", "\U0001f600", "\ufb33", "name", "labels"]


def random_value(chooser: random.Random, depth: int = 0):
    kind = chooser.randrange(10 if depth < 3 else 7)
    return [lambda: None, lambda: chooser.random() < 0.5, lambda: chooser.randint(-9, 10 ** chooser.randint(1, 15)),
            lambda: chooser.randint(-99, 99) / 8, lambda: chooser.choice(["", "x", "\n\t\"\\", "\u00e9\u0007", "None"]),
            lambda: chooser.choice([0, 0.0, 1, 1.0, 1e21]), lambda: [],
            lambda: [random_value(chooser, depth + 1) for _ in range(chooser.randrange(4))],
            lambda: random_object(chooser, depth + 1), lambda: random_object(chooser, depth + 1)][kind]()


def random_object(chooser: random.Random, depth: int = 0) -> dict:
    return {name: random_value(chooser, depth) for name in chooser.sample(KEYS, chooser.randrange(5))}


def mutated(chooser: random.Random, value, depth: int = 0):
    """A little different, or not."""
    if isinstance(value, dict) and value and chooser.random() < 0.8:
        name = chooser.choice(sorted(value))
        return {**value, name: mutated(chooser, value[name], depth + 1)} if chooser.random() < 0.8 else {
            key: it for key, it in value.items() if key != name}
    if isinstance(value, list) and value and chooser.random() < 0.8:
        at = chooser.randrange(len(value))
        return [*value[:at], mutated(chooser, value[at], depth + 1), *value[at + 1:]]
    return value if chooser.random() < 0.2 else random_value(chooser, depth)
