COPY event (topic, "partition", "offset", kafka_timestamp, received_at, key, headers, raw, event_id,
            source, type, subject, event_time, tenant_id, subscription_id, request_id, ticket_id,
            actor, leaf_hash)
FROM STDIN (FORMAT binary)
