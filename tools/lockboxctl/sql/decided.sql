-- The requests' state in the operational database. access: number, begin and end of each item.
-- takes: ids uuid[]
-- answers: request_id uuid, version bigint, state text, access text
SELECT r.request_id, r.version, r.state,
       (SELECT string_agg(format('%s: %s to %s', i.number, to_char(i.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ'),
                                 to_char(i.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ')), ', ' ORDER BY i.number)
          FROM access_item i
         WHERE i.request_id = r.request_id) AS access
  FROM request r
 WHERE r.request_id = ANY (:ids)
