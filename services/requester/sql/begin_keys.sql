-- rows begun: tenant_id text, principal_id text, public_key bytea, rp_id text, origins text
-- takes: at timestamptz
INSERT INTO approver_key (tenant_id, principal_id, public_key, rp_id, origins, set_at)
SELECT tenant_id, principal_id, public_key, rp_id, string_to_array(origins, ' '), :at FROM :begun
