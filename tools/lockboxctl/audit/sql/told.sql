-- The requests' state in events.v1, in the columns of decided.sql.
-- takes: ids text[]
-- answers: request_id text, version bigint, state text, access text
SELECT r.request_id, r.version, r.state,
       (SELECT string_agg(format('%s: %s to %s', i.number, to_char(i.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ'),
                                 to_char(i.access_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ')), ', ' ORDER BY i.number)
          FROM grant_item i
         WHERE i.request_id = r.request_id) AS access
  FROM request_state r
 WHERE r.request_id = ANY (:ids)
