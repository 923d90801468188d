-- What was signed of a request; no row: there is no such request.
-- takes: request_id uuid
-- answers: consent text, starts_asked timestamptz, decide_by timestamptz, decisions text, open bigint
SELECT consent, starts_asked, decide_by, decisions, access_open(:request_id) AS open FROM signed_evidence(:request_id)
