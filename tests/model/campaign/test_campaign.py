"""What ../test_*.py try, at length: a hundred thousand events, ten thousand races, a hundred thousand probes."""
from test_model import test_every_answer_is_the_references  # noqa: F401
from test_probe import test_access_is_what_the_grants_say  # noqa: F401
from test_race import test_each_race_has_one_winner  # noqa: F401
