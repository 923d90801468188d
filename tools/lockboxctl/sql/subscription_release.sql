-- takes: subscription_id text, operator_id text, reason text
-- answers: tenant_id text
SELECT subscription_release(:subscription_id, :operator_id, :reason) AS tenant_id
