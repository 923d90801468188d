COPY (
    SELECT "offset", kafka_timestamp, kafka_timestamp_ms, key, headers, raw, leaf_hash,
           event_id, source, type, subject, event_time, tenant_id, subscription_id, request_id, ticket_id, actor, traceparent,
           tracestate
      FROM event
     WHERE topic = current_setting('lockbox.proof_topic')
       AND "partition" = current_setting('lockbox.proof_partition')::integer
       AND "offset" >= current_setting('lockbox.proof_first')::bigint
       AND "offset" < current_setting('lockbox.proof_behind')::bigint
     ORDER BY "offset"
) TO STDOUT (FORMAT binary)
