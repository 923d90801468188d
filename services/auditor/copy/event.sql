-- Stores records.
-- copies: topic text, partition integer, offset bigint, kafka_timestamp timestamptz, received_at timestamptz, key bytea,
--   headers bytea, raw bytea, event_id text, source text, type text, subject text, event_time timestamptz, tenant_id text,
--   subscription_id text, request_id text, ticket_id text, actor text, leaf_hash bytea, kafka_timestamp_ms bigint,
--   traceparent text, tracestate text
COPY event (:columns) FROM STDIN (FORMAT binary)
