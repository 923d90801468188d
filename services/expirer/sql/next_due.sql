-- The earliest moment at which time has something to do, and the clock it is measured by.
-- answers: due_at timestamptz, now timestamptz
SELECT min(due_at) AS due_at, clock_timestamp() AS now FROM request WHERE due_at IS NOT NULL
