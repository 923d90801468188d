-- Who the server says it talks to, and what time it is there.
-- answers: login text, now timestamptz
SELECT session_user::text AS login, clock_timestamp() AS now
