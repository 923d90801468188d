"""SQL as the roles of the two databases ask it."""
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.rows import namedtuple_row


def as_role(url: str, role: str) -> str:
    """The same database, by another login."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


class Database:
    """One session, made anew where the server was restarted. Rows have names."""

    def __init__(self, url: str):
        self.url = url
        self.connection: psycopg.Connection | None = None

    def rows(self, query: str, *parameters) -> list:
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = psycopg.connect(self.url, autocommit=True, row_factory=namedtuple_row)
                cursor = self.connection.execute(query, parameters)
                return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                self.close()
                if attempt == 2:
                    raise
        return []

    def row(self, query: str, *parameters):
        [row] = self.rows(query, *parameters)
        return row

    def value(self, query: str, *parameters):
        return self.row(query, *parameters)[0]

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
