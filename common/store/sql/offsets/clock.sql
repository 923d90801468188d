-- The clock that decides: read after the locks of the statements before are held.
SELECT clock_timestamp()
