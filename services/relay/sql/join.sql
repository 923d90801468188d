-- Says that this session relays: others count such sessions to know their share. Held until it ends.
SELECT pg_advisory_lock_shared(71060, 0)
