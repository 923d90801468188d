-- Sets synchronous_commit off: this session writes leases and marks only, and a mark lost in a
-- crash just publishes an event again, with the same id.
-- answers: nothing
SELECT set_config('synchronous_commit', 'off', false)
