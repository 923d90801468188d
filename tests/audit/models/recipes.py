"""The recipes of docs/audit-recipes.md, controls.md and production.md, as they are written."""
import re
from dataclasses import dataclass

import psycopg
from psycopg.sql import Literal

from support.stack import REPOSITORY

PAGES = [REPOSITORY / f"docs/{name}.md" for name in ("audit-recipes", "controls", "production")]


@dataclass(frozen=True)
class Recipe:
    title: str
    sql: str

    @property
    def variables(self) -> set[str]:
        return set(re.findall(r":'(\w+)'", self.sql))

    def with_values(self, connection: psycopg.Connection, **values: str) -> str:
        """As psql puts variables in."""
        return re.sub(r":'(\w+)'", lambda found: Literal(values[found[1]]).as_string(connection), self.sql)


def recipes() -> list[Recipe]:
    return [recipe for page in PAGES for recipe in recipes_of(page.read_text())]


def recipes_of(page: str) -> list[Recipe]:
    title, found = "", []
    for heading, sql in re.findall(r"^### ([^\n]*)$|^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        title = heading or title
        if sql:
            number = sum(recipe.title.startswith(title) for recipe in found)
            found.append(Recipe(title + (f" ({number + 1})" if number else ""), sql.strip().rstrip(";")))
    return found
