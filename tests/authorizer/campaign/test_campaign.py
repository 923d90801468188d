"""What ../test_random.py tries, at length: a million reviews, a hundred thousand around deadlines and revokes, ten thousand random changes."""
from test_random import (  # noqa: F401
    grants, test_a_change_is_admitted_where_its_normal_form_is_the_agreed_one, test_every_answer_is_the_references, test_none_is_late)
