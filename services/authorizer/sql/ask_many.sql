-- Whether engineers may do this now: element n of each array is of question n. One row for each
-- question, by its number. A NULL reason means that ask.sql must answer the question.
-- takes: engineer_ids text[], resource_ids text[], actions text[], namespaces text[], kinds text[], names text[],
--    content_digests text[]
-- answers: number bigint, allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer,
--   traceparent text, tracestate text
SELECT c.number, c.allowed, c.request_id, c.expires_at, c.reason, c.version, c.traceparent, c.tracestate
  FROM access_check_many(:engineer_ids, :resource_ids, :actions, :namespaces, :kinds, :names, :content_digests) AS c
