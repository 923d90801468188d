-- Whether an event waits for an operator.
-- answers: any_refused boolean
SELECT EXISTS (SELECT FROM outbox WHERE refused_at IS NOT NULL) AS any_refused
