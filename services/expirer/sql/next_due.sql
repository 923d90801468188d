-- The time of the next step by time, and the clock.
-- takes: left_out uuid[]
-- answers: due_at timestamptz, now timestamptz
SELECT min(due_at) AS due_at, clock_timestamp() AS now FROM request WHERE due_at IS NOT NULL AND request_id <> ALL (:left_out)
