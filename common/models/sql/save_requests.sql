-- The largest version holds; of one version told twice, the record that stands first.
INSERT INTO request_state AS kept (request_id, version, state, tenant_id, subscription_id, ticket_id, engineer_id,
    engineer_email, engineer_name, organization, resource_id, actions, justification, reason_code, approvals_needed,
    created_at, decide_by, starts_at, expires_at, ended_at, ended_by, ended_how, reason, reason_item, extends,
    authorized_by, incident_id, acknowledge_by, acknowledged_at, unacknowledged, digest, topic, "partition",
    "offset", cluster, duration, length, basis, access_until)
SELECT DISTINCT ON (i.request_id)
       i.request_id, i.version, i.state, i.tenant_id, i.subscription_id, i.ticket_id, i.engineer_id,
       i.engineer_email, i.engineer_name, i.organization, i.resource_id, i.actions, i.justification, i.reason_code,
       nullif(i.approvals_needed, 0), i.created_at, i.decide_by, i.starts_at, i.expires_at, i.ended_at, i.ended_by,
       i.ended_how, i.reason, nullif(i.reason_item, 0), i.extends, i.authorized_by, i.incident_id, i.acknowledge_by,
       i.acknowledged_at, i.unacknowledged, i.digest, i.topic, i."partition", i."offset", lower(i.resource_id),
       nullif(i.duration_us, 0) * interval '1 microsecond', i.expires_at - i.starts_at,
       CASE WHEN i.expires_at IS NULL THEN NULL
            WHEN i.state = 'not_required' THEN 'not_required'
            WHEN i.incident_id IS NOT NULL THEN 'emergency'
            ELSE 'approved' END,
       CASE WHEN i.expires_at IS NULL THEN NULL
            WHEN i.state = 'not_required' THEN i.expires_at
            ELSE least(i.expires_at, i.ended_at) END
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::text[], $14::text[], $15::bigint[],
              $16::integer[], $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[],
              $21::timestamptz[], $22::text[], $23::text[], $24::text[], $25::integer[], $26::text[], $27::text[],
              $28::text[], $29::timestamptz[], $30::timestamptz[], $31::boolean[], $32::text[], $33::text[],
              $34::integer[], $35::bigint[])
       AS i (request_id, version, state, tenant_id, subscription_id, ticket_id, engineer_id, engineer_email,
             engineer_name, organization, resource_id, actions, justification, reason_code, duration_us,
             approvals_needed, created_at, decide_by, starts_at, expires_at, ended_at, ended_by, ended_how, reason,
             reason_item, extends, authorized_by, incident_id, acknowledge_by, acknowledged_at, unacknowledged,
             digest, topic, "partition", "offset")
 ORDER BY i.request_id, i.version DESC, i.topic, i."partition", i."offset"
ON CONFLICT (request_id) DO UPDATE
   SET (version, state, tenant_id, subscription_id, ticket_id, engineer_id, engineer_email, engineer_name,
        organization, resource_id, actions, justification, reason_code, approvals_needed, created_at, decide_by,
        starts_at, expires_at, ended_at, ended_by, ended_how, reason, reason_item, extends, authorized_by,
        incident_id, acknowledge_by, acknowledged_at, unacknowledged, digest, topic, "partition", "offset", cluster,
        duration, length, basis, access_until)
     = (excluded.version, excluded.state, excluded.tenant_id, excluded.subscription_id, excluded.ticket_id,
        excluded.engineer_id, excluded.engineer_email, excluded.engineer_name, excluded.organization,
        excluded.resource_id, excluded.actions, excluded.justification, excluded.reason_code,
        excluded.approvals_needed, excluded.created_at, excluded.decide_by, excluded.starts_at, excluded.expires_at,
        excluded.ended_at, excluded.ended_by, excluded.ended_how, excluded.reason, excluded.reason_item,
        excluded.extends, excluded.authorized_by, excluded.incident_id, excluded.acknowledge_by,
        excluded.acknowledged_at, excluded.unacknowledged, excluded.digest, excluded.topic, excluded."partition",
        excluded."offset", excluded.cluster, excluded.duration, excluded.length, excluded.basis,
        excluded.access_until)
 WHERE excluded.version > kept.version
    OR excluded.version = kept.version
       AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
