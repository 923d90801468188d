-- The earliest moment at which time has something to do, and the clock it is measured by.
-- takes: left_out uuid[]
-- answers: due_at timestamptz, now timestamptz
SELECT min(due_at) AS due_at, clock_timestamp() AS now FROM request WHERE due_at IS NOT NULL AND request_id <> ALL (:left_out)
