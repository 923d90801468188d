-- The signed evidence of a request. No row: there is no such request.
-- takes: request_id uuid
-- answers: consent text, starts_asked timestamptz, decide_by timestamptz, decisions text, open bigint, traceparent text, tracestate text
SELECT e.consent, e.starts_asked, e.decide_by, e.decisions, access_open(:request_id) AS open, t.traceparent, t.tracestate
  FROM signed_evidence(:request_id) AS e
  LEFT JOIN LATERAL (SELECT r.traceparent, r.tracestate FROM request r WHERE r.request_id = :request_id LIMIT 1) AS t ON true
