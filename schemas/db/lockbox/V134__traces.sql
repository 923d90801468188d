-- The trace that a request belongs to (W3C Trace Context): that of the access request. No consent is given to it, and nothing is
-- signed with it. What time does to the request belongs to the same trace, as do the answers that rest on it.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE request
    ADD traceparent text CHECK (octet_length(traceparent) <= 128),
    ADD tracestate text CHECK (octet_length(tracestate) <= 512);
ALTER TABLE notice ADD tracestate text CHECK (octet_length(tracestate) <= 512);

-- Beside access_check's answer.
GRANT SELECT (request_id, traceparent, tracestate) ON request TO lockbox_authorizer;

UPDATE schema_version SET version = greatest(version, 134);

RESET ROLE;
