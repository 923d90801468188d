-- The earliest moment at which time has something to do, and the clock it is measured by.
SELECT min(due_at), clock_timestamp() FROM request WHERE due_at IS NOT NULL
