"""What was done under a grant, by Lockbox's audit store: asked with a login that only reads (docs/audit-recipes.md, Rights)."""
import logging
from dataclasses import dataclass

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from .words import Words

log = logging.getLogger(__name__)
MOST = 100   # kinds of access shown of one grant
AT_ONCE = 30  # items of one request that lockboxctl words

# By the index of engineers: an access has no index of its own by request.
DONE = text("""
    SELECT action, namespace, kind, name, container, verb, resource, outcome, coalesce(dry_run, false) AS dry_run,
           count(*) AS times, min(performed_at) AS first, max(performed_at) AS last
      FROM audit.access
     WHERE engineer_id = :engineer_id AND (covered_by = :request_id OR request_id = :request_id)
       AND performed_at >= CAST(:starts_at AS timestamptz) AND performed_at < CAST(:expires_at AS timestamptz) + interval '1 hour'
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY first LIMIT :most""")


@dataclass(frozen=True)
class Done:
    """Accesses that are alike."""
    words: str
    outcome: str  # allowed, blocked, begun
    dry_run: bool
    times: int
    first: str
    last: str


class Audit:
    def __init__(self, url: str, words: Words):
        options = {"options": "-c default_transaction_read_only=on -c statement_timeout=5000", "connect_timeout": 5}
        self.words = words
        self.engine = create_engine(url, pool_pre_ping=True, connect_args=options) if url else None

    def done_under(self, request: dict) -> list[Done] | None:
        """None: the portal has no login to the audit store, or the store does not answer."""
        if self.engine is None or not request.get("expires_at"):
            return None
        try:
            with self.engine.connect() as connection:
                rows = connection.execute(DONE, {"engineer_id": request["engineer"]["id"], "request_id": request["request_id"], "most": MOST,
                                                 "starts_at": request["starts_at"], "expires_at": request["expires_at"]}).all()
        except SQLAlchemyError:
            log.exception("the audit store does not answer")
            return None
        said = self.said(request, [row for row in rows if row.action])
        return [Done(said.pop(0) if row.action else f"{row.verb or ''} {row.resource or '?'}".strip(), row.outcome, row.dry_run, row.times,
                     moment(row.first), moment(row.last)) for row in rows]

    def said(self, request: dict, rows: list) -> list[str]:
        """In the words of the mails."""
        items = [{"number": 1, "kept": True, **{it: getattr(row, it) for it in ("action", "namespace", "kind", "name", "container") if getattr(row, it)}}
                 for row in rows]
        return [words for at in range(0, len(items), AT_ONCE)
                for words in self.words.of({**request, "actions": items[at:at + AT_ONCE]})["items"]]


def moment(at) -> str:
    return at.isoformat().replace("+00:00", "Z")
