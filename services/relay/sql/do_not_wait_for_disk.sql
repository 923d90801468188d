-- This session writes nothing but leases and marks of what Kafka has, and need not wait for the disk: a mark lost in a crash
-- publishes an event again, under its id.
-- answers: nothing
SELECT set_config('synchronous_commit', 'off', false)
