-- Which scripts of schemas/db this database has had. Everybody may read it: a worker that does not know
-- the schema must not start.
BEGIN;
CREATE TABLE public.lockbox_migration (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL, -- SHA-256 of the script, as sha256sum prints it
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON public.lockbox_migration TO PUBLIC;
COMMIT;
