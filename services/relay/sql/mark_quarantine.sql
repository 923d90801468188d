-- takes: ids bigint[]
UPDATE quarantine SET published_at = clock_timestamp() WHERE quarantine_id = ANY (:ids)
