"""What a recipe costs does not grow with history: counted in blocks, of a store of months and one of years."""
import pytest
from recipes import recipes


@pytest.mark.parametrize("recipe", recipes(), ids=lambda it: it.title)
def test_recipe_costs_as_much_in_an_old_store(young, old, recipe):
    scanned, blocks = old.explain(recipe)
    _, before = young.explain(recipe)
    print(f"{recipe.title}: {before} blocks of {young.requests * 10} records, {blocks} of {old.requests * 10}")
    assert scanned == set()
    # A deeper index has a block more on each way down, and each month of events has an index of its own.
    assert blocks <= 2 * before + 20 * (old.months() - young.months()) + 100
    assert len(old.ask(recipe)) >= len(young.ask(recipe)) // 2
