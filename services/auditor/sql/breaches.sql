-- Records that contradict the topics of input, by reason.
-- answers: name text, label_value text, value text
SELECT 'breaches' AS name, w.why AS label_value, (SELECT count(*) FROM breach b WHERE b.why = w.why)::text AS value
  FROM unnest('{consent_changed,version_gap,version_twice,approved_without_votes,signature_missing,state_without_cause,reported_late,tenant_mismatch}'::text[])
       AS w (why)
