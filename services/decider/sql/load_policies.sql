-- The requests' subscriptions with their current policies.
-- rows vote: request_id uuid, principal_id text
-- answers: request_id uuid, subscription_id text, snapshot json
SELECT DISTINCT ON (r.request_id) r.request_id, s.subscription_id, s.snapshot
  FROM :vote
  JOIN request r ON r.request_id = vote.request_id
  JOIN subscription s ON lower(s.subscription_id COLLATE "C") = lower(r.subscription_id COLLATE "C")
