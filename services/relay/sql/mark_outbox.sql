-- takes: seqs bigint[]
UPDATE outbox SET published_at = clock_timestamp() WHERE seq = ANY (:seqs)
