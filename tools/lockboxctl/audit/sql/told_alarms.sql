-- What a customer is to hear of: events of a log, at offsets from `first` to before `behind`, that opened access without a
-- signature, or that changed who may open it. tenant '': every tenant's.
-- takes: topic text, partition integer, first bigint, behind bigint, tenant text
-- answers: alarm text, offset bigint, event_id text, request_id text, tenant_id text, at text, detail text
WITH told AS (
    SELECT e."offset", e.event_id, e.request_id, e.tenant_id, e.kafka_timestamp, e.type, event_content(e.raw) AS data
      FROM event e
     WHERE e.topic = :topic AND e."partition" = :partition AND e."offset" >= :first AND e."offset" < :behind
       AND (:tenant = '' OR e.tenant_id = :tenant)
       AND e.type IN ('lockbox.request.not_required.v1', 'lockbox.request.emergency_started.v1', 'lockbox.request.approved.v1',
                      'lockbox.tenant.changed.v1', 'lockbox.tenant.approvers_missing.v1')
), named AS (
    SELECT t.*,
           CASE WHEN type = 'lockbox.request.not_required.v1' THEN 'not_required'
                WHEN type = 'lockbox.request.emergency_started.v1' THEN 'emergency'
                WHEN type = 'lockbox.tenant.approvers_missing.v1' THEN 'approvers_missing'
                WHEN type = 'lockbox.request.approved.v1' AND data #>> '{request,signed_decisions}' IS DISTINCT FROM 'true' THEN 'unsigned_access'
                WHEN data ->> 'weakens' = 'true' THEN 'weakening'
                WHEN data ->> 'change' = 'approver_key_set' THEN 'key_changed'
                WHEN data ->> 'change' IN ('policy_set', 'lockbox_enabled', 'lockbox_disabled') THEN 'policy_changed' END AS alarm
      FROM told t
)
SELECT alarm, "offset", event_id, request_id, tenant_id,
       to_char(kafka_timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
       coalesce(data #>> '{request,resource_id}',
                concat_ws(' ', data ->> 'change', data ->> 'subscription_id', data ->> 'principal_id', 'by ' || (data #>> '{by,id}'))) AS detail
  FROM named
 WHERE alarm IS NOT NULL
 ORDER BY "offset"
