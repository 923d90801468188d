-- The clock that decides, read after the locks of the statements before are held, and the latest time that it is known
-- to have reached; whether the database is older than what it committed once, and this session does not mend that.
-- answers: now timestamptz, mark timestamptz, set_back boolean
SELECT clock_timestamp() AS now, (SELECT at FROM clock_mark) AS mark, 
       EXISTS (SELECT FROM set_back) AND current_setting('lockbox.reconciling', true) IS DISTINCT FROM 'on' AS set_back
