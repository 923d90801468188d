-- answers: snapshot text
SELECT pg_export_snapshot() AS snapshot
