-- The clock that decides: read after the locks of the statements before are held.
-- answers: now timestamptz
SELECT clock_timestamp() AS now
