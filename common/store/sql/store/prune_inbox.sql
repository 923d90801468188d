-- By place: a join on the key is a loop in a loop, as row level security hides from the planner how many rows are whose.
-- takes: ttl interval
-- answers: more boolean
WITH gone AS (
    DELETE FROM inbox
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE received_at < (SELECT clock_timestamp()) - :ttl LIMIT 10000))
    RETURNING 1
)
SELECT count(*) = 10000 AS more FROM gone
