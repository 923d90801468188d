-- The session's login and the server's time.
-- answers: login text, now timestamptz
SELECT session_user::text AS login, clock_timestamp() AS now
