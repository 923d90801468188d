"""The statements of the build, as PostgreSQL gets them: what cmake/embed_sql.cmake made of the .sql files."""
import json
from dataclasses import dataclass
from pathlib import Path

from .stack import BUILD, REPOSITORY


@dataclass(frozen=True)
class Statement:
    name: str
    path: Path  # in the repository
    text: str
    types: list[int]  # oids of its parameters; 0: PostgreSQL's own choice
    answers: list[dict] | None  # name and type of each column, as the file says; None: nobody reads them
    copies: dict[str, str]  # of COPY … FROM STDIN: the type of each column


def statements() -> dict[Path, Statement]:
    found = {}
    for description in BUILD.rglob("sql_*.json"):
        for said in json.loads(description.read_text()):
            path = Path(said["file"]).relative_to(REPOSITORY)
            found[path] = Statement(said["name"], path, said["text"], said["types"], said["answers"], said["copies"])
    return found
