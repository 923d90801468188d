-- takes: seqs bigint[]
UPDATE outbox SET refused_at = clock_timestamp() WHERE seq = ANY (:seqs)
