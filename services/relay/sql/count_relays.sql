-- answers: relays bigint
SELECT count(*) AS relays
  FROM pg_locks
 WHERE locktype = 'advisory' AND classid = 71060 AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
