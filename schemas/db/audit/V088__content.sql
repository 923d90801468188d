-- What a granted item changes is kept beside it, and a request with content is held against its digest as any other.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE grant_item
    ADD COLUMN api_version text,
    ADD COLUMN content_digest text,
    ADD COLUMN previous_digest text,
    ADD COLUMN changes text;

COMMENT ON COLUMN grant_item.api_version IS 'The version of the API that an item with content is of; NULL: without content';
COMMENT ON COLUMN grant_item.content_digest IS 'SHA-256 (hex) of the object as it may be written, in normal form';
COMMENT ON COLUMN grant_item.previous_digest IS 'SHA-256 (hex) of the object that is updated, as it was when it was agreed to';
COMMENT ON COLUMN grant_item.changes IS 'Exactly what changes, in canonical JSON: its SHA-256 is in the digest that is signed';

-- Each action's changes as the record has them: canonical JSON, which jsonb would not keep.
CREATE FUNCTION changes_of(raw bytea) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg((a.item #> '{content,changes}')::text ORDER BY a.number)
      FROM (SELECT convert_from(raw, 'UTF8')::json AS body) AS record,
           json_array_elements(coalesce(body #> '{data,request,actions}', body #> '{request,actions}')) WITH ORDINALITY AS a (item, number)
$$;

CREATE FUNCTION consent_digest(r jsonb, changes text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256((SELECT string_agg(audit.digest_field(f.it), '' ORDER BY f.place)
      FROM (
        SELECT m.it, m.place FROM unnest(ARRAY[
                r ->> 'request_id', r ->> 'tenant_id', r ->> 'subscription_id', r ->> 'ticket_id', r #>> '{engineer,id}',
                r #>> '{engineer,email}', r #>> '{engineer,organization}', r ->> 'resource_id',
                jsonb_array_length(r -> 'actions')::text]) WITH ORDINALITY AS m (it, place)
        UNION ALL
        SELECT m.it, 100 + a.number * 10 + m.place
          FROM jsonb_array_elements(r -> 'actions') WITH ORDINALITY AS a (item, number)
         CROSS JOIN unnest(ARRAY[a.item ->> 'number', a.item ->> 'action', a.item ->> 'namespace', a.item ->> 'kind',
                                 a.item ->> 'name']) WITH ORDINALITY AS m (it, place)
        UNION ALL
        SELECT m.it, 1000 + m.place FROM unnest(ARRAY[
                r ->> 'justification', r ->> 'reason_code', r ->> 'duration', r ->> 'starts_at', r ->> 'decide_by'])
               WITH ORDINALITY AS m (it, place)
        UNION ALL
        SELECT m.it, 1100 + a.number * 10 + m.place
          FROM jsonb_array_elements(r -> 'actions') WITH ORDINALITY AS a (item, number)
         CROSS JOIN unnest(ARRAY[
                a.item ->> 'container', a.item ->> 'uid', a.item #>> '{content,api_version}', a.item #>> '{content,digest}',
                a.item #>> '{content,previous_digest}', encode(sha256(convert_to(changes[a.number], 'UTF8')), 'hex')]) WITH ORDINALITY AS m (it, place)
         WHERE (r ->> 'digest_version')::integer >= 2
        UNION ALL
        SELECT m.it, 2000 + m.place
          FROM unnest(ARRAY[r ->> 'approvals_needed', coalesce(r ->> 'signed_decisions', 'false')]) WITH ORDINALITY AS m (it, place)
         WHERE (r ->> 'digest_version')::integer >= 2
      ) AS f)), 'hex')
$$;

CREATE OR REPLACE FUNCTION version_breaches(e event, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    it CONSTANT bigint := (r ->> 'version')::bigint;
    other event;
    opening jsonb;
BEGIN
    -- In whichever partition: request_version has the one that stands first, which may be the forged one.
    SELECT o.* INTO other
      FROM audit.event o
     WHERE o.request_id = e.request_id AND o.topic = e.topic AND o.type LIKE 'lockbox.request.%'
       AND (o."partition", o."offset") <> (e."partition", e."offset") AND o.raw IS DISTINCT FROM e.raw
       AND audit.event_content(o.raw) #>> '{request,version}' = it::text
     LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT 'version_twice', format('version %s is told by offset %s of %s/%s, too', it, other."offset", other.topic, other."partition");
    END IF;
    IF it > 1 AND NOT EXISTS (SELECT FROM audit.request_version v WHERE v.request_id = e.request_id AND v.version = it - 1) THEN
        RETURN QUERY SELECT 'version_gap', format('version %s without version %s', it, it - 1);
    END IF;
    IF it = 1 THEN
        IF r ? 'digest' AND audit.consent_digest(r, audit.changes_of(e.raw)) IS DISTINCT FROM r ->> 'digest' THEN
            RETURN QUERY SELECT 'consent_changed', 'the request is not what its digest says';
        END IF;
        RETURN;
    END IF;
    SELECT audit.event_content(o.raw) -> 'request' INTO opening
      FROM audit.request_version v
      JOIN audit.event o ON o.topic = v.topic AND o."partition" = v."partition" AND o."offset" = v."offset"
     WHERE v.request_id = e.request_id AND v.version = 1;
    IF audit.consent_part(opening) <> audit.consent_part(r) THEN
        RETURN QUERY SELECT 'consent_changed', 'the request is not what its first version says';
    END IF;
END
$$;

DROP FUNCTION consent_digest(jsonb);
REVOKE EXECUTE ON FUNCTION changes_of, consent_digest FROM PUBLIC;

UPDATE schema_version SET version = 88;

RESET ROLE;
