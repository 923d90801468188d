-- A restored store has each trigger as the scripts make it: a condition over rows is written out by pg_dump as another one over columns,
-- and `lockboxctl audit verify` named the trigger in every store that was restored.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

DROP TRIGGER keep_displaced ON request_version;
CREATE TRIGGER keep_displaced AFTER UPDATE ON request_version FOR EACH ROW
    WHEN (old.topic IS DISTINCT FROM new.topic OR old."partition" IS DISTINCT FROM new."partition" OR old."offset" IS DISTINCT FROM new."offset")
    EXECUTE FUNCTION keep_displaced();
ALTER TABLE request_version ENABLE ALWAYS TRIGGER keep_displaced;

UPDATE schema_version SET version = 123;

RESET ROLE;
