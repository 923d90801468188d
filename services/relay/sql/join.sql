-- Says that this session relays: others count such sessions to know their share. Held until it ends.
-- It writes nothing but marks of what Kafka has, and need not wait for the disk: a mark lost in a crash
-- publishes an event again, under its id.
-- answers: nothing
SELECT pg_advisory_lock_shared(71060, 0), set_config('synchronous_commit', 'off', false)
