-- What the schema audit is made of: each object and what defines it. Asked with search_path = pg_catalog, so that nothing
-- that the database's owner made answers. Months that audit.make_month makes are one object, event_MONTH; what is made in
-- another order is the same: columns and constraints are sorted by name, indexes have none. PostgreSQL 15 and 17 answer the
-- same: an owner's own MAINTAIN, which 15 has not, is left out, and so is the name of a view's only relation before its
-- columns, which 17 leaves out; a view's literals stand behind it as they are.
-- answers: object text, definition text, server integer
WITH relation AS (
    SELECT c.*,
           CASE WHEN month THEN 'event_MONTH' ELSE c.relname::text END AS called,
           CASE WHEN NOT month THEN coalesce(pg_get_expr(c.relpartbound, c.oid), '')
                WHEN pg_get_expr(c.relpartbound, c.oid) = format('FOR VALUES FROM (%L) TO (%L)',
                     to_char(first, 'YYYY-MM-DD 00:00:00+00'), to_char(first + interval '1 month', 'YYYY-MM-DD 00:00:00+00'))
                THEN 'MONTH' ELSE 'other bounds' END AS bounds
      FROM pg_class c
     CROSS JOIN LATERAL (SELECT c.relispartition AND c.relname ~ '^event_\d{4}_\d{2}$' AS month) AS named
     CROSS JOIN LATERAL (SELECT CASE WHEN month THEN to_timestamp(substr(c.relname, 7), 'YYYY_MM') AT TIME ZONE 'UTC' END AS first) AS begins
     WHERE c.relnamespace = to_regnamespace('audit')
), found AS (
    SELECT 'schema audit' AS object, jsonb_build_array(pg_get_userbyid(nspowner), (SELECT jsonb_agg(it::text ORDER BY it::text) FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) AS it)) AS definition
      FROM pg_namespace
     WHERE nspname = 'audit'
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END || called,
           jsonb_build_array(relkind, pg_get_userbyid(relowner), relpersistence, relrowsecurity, relforcerowsecurity, reloptions, bounds,
               pg_get_partkeydef(oid),
               (SELECT jsonb_agg(it::text ORDER BY it::text) FROM unnest(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) AS acl,
                     regexp_replace(acl::text, format('^(%s=[^/m]*)m', pg_get_userbyid(relowner)), '\1') AS it),
               CASE WHEN relkind IN ('v', 'm') THEN (
                   SELECT jsonb_build_array(coalesce(regexp_replace(body, '\m' || coalesce(sole[2], sole[1]) || '\.', '', 'g'), body),
                                            (SELECT jsonb_agg(literal) FROM regexp_matches(body, '''(?:[^'']|'''')*''', 'g') AS literal))
                     FROM pg_get_viewdef(relation.oid) AS body
                    CROSS JOIN regexp_match(body, '\n   FROM (?:\w+\.)?(\w+)(?: (\w+))?(?:;$|\n  [A-Z])') AS sole) END,
               (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                                                   a.attcollation::regcollation::text, (SELECT jsonb_agg(it::text ORDER BY it::text) FROM unnest(a.attacl) AS it), pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attname)
                  FROM pg_attribute a
                  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                 WHERE a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped),
               (SELECT jsonb_agg(jsonb_build_array(k.conname, pg_get_constraintdef(k.oid), k.convalidated) ORDER BY k.conname)
                  FROM pg_constraint k WHERE k.conrelid = relation.oid AND k.contype <> 't'),
               (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhparent::regclass::text)
                  FROM pg_inherits i WHERE i.inhrelid = relation.oid))
      FROM relation
     WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT 'index of ' || r.called, jsonb_build_array(regexp_replace(pg_get_indexdef(i.indexrelid), ' INDEX \S+ ON (ONLY )?\S+ ', ' '), i.indisunique, i.indisprimary)
      FROM relation r
      JOIN pg_index i ON i.indrelid = r.oid
     WHERE r.relkind <> 't'
    UNION ALL
    SELECT format('trigger %s of %s', t.tgname, r.called), jsonb_build_array(replace(pg_get_triggerdef(t.oid), r.relname, r.called), t.tgenabled)
      FROM relation r
      JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT format('rule %s of %s', w.rulename, r.called), jsonb_build_array(pg_get_ruledef(w.oid), w.ev_enabled)
      FROM relation r
      JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT format('policy %s of %s', p.polname, r.called),
           jsonb_build_array(p.polcmd, p.polpermissive,
               (SELECT jsonb_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(role) END ORDER BY 1) FROM unnest(p.polroles) AS role),
               pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
      FROM relation r
      JOIN pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'function ' || f.oid::regprocedure::text,
           jsonb_build_array(f.prokind, pg_get_userbyid(f.proowner), (SELECT jsonb_agg(it::text ORDER BY it::text) FROM unnest(coalesce(f.proacl, acldefault('f', f.proowner))) AS it),
               CASE WHEN f.prokind IN ('f', 'p') THEN pg_get_functiondef(f.oid) END)
      FROM pg_proc f
     WHERE f.pronamespace = to_regnamespace('audit')
    UNION ALL
    SELECT 'type ' || format_type(t.oid, NULL),
           jsonb_build_array(t.typtype, format_type(t.typbasetype, t.typtypmod), t.typdefault, t.typnotnull,
               (SELECT jsonb_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid),
               (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
      FROM pg_type t
     WHERE t.typnamespace = to_regnamespace('audit') AND t.typelem = 0 AND t.typtype IN ('b', 'd', 'e', 'r')
    UNION ALL
    SELECT 'operator ' || o.oid::regoperator::text, jsonb_build_array(o.oprcode::regprocedure::text)
      FROM pg_operator o
     WHERE o.oprnamespace = to_regnamespace('audit')
    UNION ALL
    SELECT format('setting %s of %s', split_part(setting, '=', 1), CASE s.setrole WHEN 0 THEN 'the database' ELSE pg_get_userbyid(s.setrole) END),
           jsonb_build_array(setting)
      FROM pg_db_role_setting s
     CROSS JOIN unnest(s.setconfig) AS setting
     WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND split_part(setting, '=', 1) IN ('search_path', 'row_security', 'session_replication_role', 'check_function_bodies')
    UNION ALL
    SELECT 'privileges by default of ' || pg_get_userbyid(defaclrole), jsonb_build_array(defaclobjtype, defaclacl)
      FROM pg_default_acl
     WHERE defaclnamespace IN (0, to_regnamespace('audit'))
)
SELECT DISTINCT object, encode(sha256(convert_to(definition::text, 'UTF8')), 'hex') AS definition,
       current_setting('server_version_num')::integer / 10000 AS server
  FROM found
 ORDER BY object, definition
