"""A database that refuses some rows, as it would for a constraint that somebody added, or a page that is damaged."""
from contextlib import contextmanager

from .sql import Database


@contextmanager
def refusing_in(database: Database, schema: str, table: str, condition: str, sqlstate: str, when: str):
    """Rows of a table for which a condition on `new` holds are refused with this SQLSTATE."""
    database.rows(f"""
        CREATE FUNCTION {schema}.refuse_{table}_for_test() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {condition} THEN RAISE EXCEPTION 'refused for a test' USING ERRCODE = '{sqlstate}'; END IF;
            RETURN new;
        END $$""")
    database.rows(f"CREATE TRIGGER refuse_{table}_for_test BEFORE {when} ON {schema}.{table}"
                  f" FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_{table}_for_test()")
    try:
        yield
    finally:
        database.rows(f"DROP FUNCTION IF EXISTS {schema}.refuse_{table}_for_test() CASCADE")


def refusing(system, table: str, condition: str, sqlstate: str, when: str = "INSERT OR UPDATE"):
    return refusing_in(system.lockbox, "lockbox", table, condition, sqlstate, when)
