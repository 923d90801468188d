"""Whatever auditors read is described in the database itself."""

UNDESCRIBED = """
    SELECT c.relname || coalesce('.' || a.attname, '') AS what
      FROM pg_class c
      LEFT JOIN LATERAL (SELECT 0 AS attnum, NULL AS attname
                         UNION ALL SELECT attnum, attname FROM pg_attribute
                          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS a ON true
     WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'v', 'p') AND NOT c.relispartition
       AND has_table_privilege('lockbox_auditor', c.oid, 'SELECT')
       AND coalesce(col_description(c.oid, NULLIF(a.attnum, 0)), CASE a.attnum WHEN 0 THEN obj_description(c.oid, 'pg_class') END)
           IS NULL
     ORDER BY 1"""


def test_every_relation_and_column_is_described(store):
    assert [row.what for row in store.audit.rows(UNDESCRIBED)] == []
    assert store.auditor.value("SELECT col_description('audit.request'::regclass, 1)")
