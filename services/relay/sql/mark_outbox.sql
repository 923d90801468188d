UPDATE outbox SET published_at = clock_timestamp() WHERE seq = ANY ($1::bigint[])
