"""What ../test_random.py tries, at length: a million reviews, a hundred thousand around deadlines and revokes."""
from test_random import grants, test_every_answer_is_the_references, test_none_is_late  # noqa: F401
