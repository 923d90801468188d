-- The clock, read after earlier statements took their locks, with its mark: the latest time that it has shown.
-- set_back: the database was restored from an older state, and this session is not the one that repairs it.
-- answers: now timestamptz, mark timestamptz, set_back boolean
SELECT clock_timestamp() AS now, (SELECT at FROM clock_mark) AS mark, 
       EXISTS (SELECT FROM set_back) AND current_setting('lockbox.reconciling', true) IS DISTINCT FROM 'on' AS set_back
