-- Until when a round looks: the grant of a recent access may not be stored yet.
-- answers: until text
SELECT to_char((clock_timestamp() - interval '10 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS until
