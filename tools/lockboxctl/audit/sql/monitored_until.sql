-- Up to when a round looks: what came a moment ago may still be covered by a grant that is on its way.
-- answers: until text
SELECT to_char((clock_timestamp() - interval '10 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS until
