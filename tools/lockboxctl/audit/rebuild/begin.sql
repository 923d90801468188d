-- One snapshot of records and models. The cursor may scan the table sequentially; later statements are planned on empty
-- tables, and must use their indexes.
SET statement_timeout = 0;
SET jit = off;
SET temp_buffers = '128MB'; -- the models are written row by row, in random order of the keys
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ;
CREATE TEMPORARY TABLE request_state (LIKE audit.request_state INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE request_version (LIKE audit.request_version INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE grant_item (LIKE audit.grant_item INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE decision (LIKE audit.decision INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE notification (LIKE audit.notification INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE access (LIKE audit.access INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE subscription_owner (LIKE audit.subscription_owner INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE activity (LIKE audit.activity INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE unreadable (LIKE audit.unreadable INCLUDING ALL) ON COMMIT DROP;
-- How a model differs from the one of that name in pg_temp. The function is this session's own, not the database's.
CREATE FUNCTION pg_temp.model_differences(model text) RETURNS TABLE (rows bigint, key text, what text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    keys text;
BEGIN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) INTO keys
      FROM pg_index i
     CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = format('pg_temp.%I', model)::regclass AND i.indisprimary;
    RETURN QUERY EXECUTE format($query$
        WITH stored AS (TABLE audit.%1$I EXCEPT TABLE pg_temp.%1$I),
             made AS (TABLE pg_temp.%1$I EXCEPT TABLE audit.%1$I),
             pairs AS (SELECT ROW (%2$s)::text AS key, to_jsonb(s) AS stored, to_jsonb(m) AS made
                         FROM stored s FULL JOIN made m USING (%2$s))
        SELECT count(*) OVER (), p.key,
               CASE WHEN p.made IS NULL THEN 'in the store, but in no record'
                    WHEN p.stored IS NULL THEN 'in the records, but not in the store'
                    ELSE 'differs in ' || (SELECT string_agg(e.key, ', ' ORDER BY e.key)
                                             FROM jsonb_each(p.made) e
                                            WHERE e.value IS DISTINCT FROM p.stored -> e.key) END
          FROM pairs p ORDER BY p.key LIMIT 1 $query$, model, keys);
END
$$;
ALTER FUNCTION pg_temp.model_differences(text) SET enable_seqscan = on SET jit = off;
SET LOCAL enable_seqscan = on;
DECLARE records NO SCROLL CURSOR FOR
    SELECT topic, "partition", "offset", coalesce(kafka_timestamp_ms, (extract(epoch FROM kafka_timestamp) * 1000)::bigint) AS timestamp_ms,
           key, headers, raw
      FROM audit.event
     WHERE topic LIKE '%events.v1' OR topic LIKE '%accesses.v1';
SET LOCAL enable_seqscan = off
