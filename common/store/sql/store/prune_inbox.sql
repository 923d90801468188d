-- By place: a join on the key is a loop in a loop, as row level security hides from the planner how many rows are whose.
-- takes: ttl interval
DELETE FROM inbox
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE received_at < (SELECT clock_timestamp()) - :ttl LIMIT 10000))
