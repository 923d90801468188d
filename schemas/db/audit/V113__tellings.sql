-- Who else tells a version is looked up, not searched: of a request that somebody tells a thousand versions of, each is judged by itself.
-- Both records are breaches then, whichever was judged first, and neither is ever taken back.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- request_version has the record of a version that stands first. One that stood there until an earlier one came is here: there
-- are as many as partitions at most, for within a partition an earlier record comes earlier.
CREATE TABLE displaced_version (
    request_id  text    NOT NULL,
    version     bigint  NOT NULL,
    topic       text    NOT NULL,
    "partition" integer NOT NULL,
    "offset"    bigint  NOT NULL,
    PRIMARY KEY (request_id, version, topic, "partition", "offset")
);
COMMENT ON TABLE displaced_version IS 'Records of a version that request_version had until one came that stands before them';
COMMENT ON COLUMN displaced_version.request_id IS 'the request';
COMMENT ON COLUMN displaced_version.version IS 'its version that the record tells';
COMMENT ON COLUMN displaced_version.topic IS 'where the record stands: the topic, or its log''s name';
COMMENT ON COLUMN displaced_version."partition" IS 'the partition';
COMMENT ON COLUMN displaced_version."offset" IS 'the offset';

CREATE FUNCTION keep_displaced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
    INSERT INTO displaced_version VALUES (old.request_id, old.version, old.topic, old."partition", old."offset") ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION keep_displaced FROM PUBLIC;
CREATE TRIGGER keep_displaced AFTER UPDATE ON request_version FOR EACH ROW
    WHEN ((old.topic, old."partition", old."offset") IS DISTINCT FROM (new.topic, new."partition", new."offset"))
    EXECUTE FUNCTION keep_displaced();
ALTER TABLE request_version ENABLE ALWAYS TRIGGER keep_displaced;

-- Other records of a log that tell this version of the request otherwise than e.
CREATE FUNCTION told_otherwise(e event, it bigint) RETURNS TABLE (topic text, "partition" integer, "offset" bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    led CONSTANT text := (SELECT v.topic FROM audit.request_version v WHERE v.request_id = e.request_id AND v.version = it);
    other record;
BEGIN
    IF led <> e.topic THEN -- its partition's log was replaced, and both tell it: the version's records in this log lead nowhere
        RETURN QUERY SELECT o.topic, o."partition", o."offset"
          FROM audit.event o
         WHERE o.request_id = e.request_id AND o.topic = e.topic AND o.type LIKE 'lockbox.request.%'
           AND (o."partition", o."offset") <> (e."partition", e."offset") AND o.raw IS DISTINCT FROM e.raw
           AND audit.event_content(o.raw) #>> '{request,version}' = it::text
         LIMIT 1;
        RETURN;
    END IF;
    FOR other IN SELECT v.topic, v."partition", v."offset" FROM audit.request_version v WHERE v.request_id = e.request_id AND v.version = it
              UNION SELECT d.topic, d."partition", d."offset" FROM audit.displaced_version d WHERE d.request_id = e.request_id AND d.version = it LOOP
        RETURN QUERY SELECT o.topic, o."partition", o."offset"
          FROM audit.event o
         WHERE o.topic = e.topic AND o.topic = other.topic AND o."partition" = other."partition" AND o."offset" = other."offset"
           AND (o."partition", o."offset") <> (e."partition", e."offset") AND o.raw IS DISTINCT FROM e.raw;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION told_otherwise FROM PUBLIC;

-- The version of a request that a record tells.
CREATE OR REPLACE FUNCTION version_breaches(e event, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    it CONSTANT bigint := (r ->> 'version')::bigint;
    opening jsonb;
BEGIN
    RETURN QUERY SELECT 'version_twice', format('version %s is told by offset %s of %s/%s, too', it, o."offset", o.topic, o."partition")
      FROM audit.told_otherwise(e, it) AS o LIMIT 1;
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

-- A record's breaches, each once.
CREATE FUNCTION record_breach(e event, the_why text, the_detail text) RETURNS void LANGUAGE sql SET search_path = audit, pg_temp AS $$
    INSERT INTO breach (topic, "partition", "offset", why, detail, at, event_id, source, request_id, engineer_id, resource_id, tenant_id)
    SELECT e.topic, e."partition", e."offset", the_why, the_detail, coalesce(e.kafka_timestamp, e.received_at), e.event_id, e.source, e.request_id,
           CASE WHEN e.topic LIKE '%accesses.v1' THEN e.actor ELSE r.engineer_id END,
           coalesce(r.resource_id, CASE WHEN e.topic LIKE '%accesses.v1' THEN event_content(e.raw) ->> 'resource_id' END), e.tenant_id
      FROM (SELECT) AS one
      LEFT JOIN request_state r ON r.request_id = e.request_id
    ON CONFLICT DO NOTHING
$$;

CREATE OR REPLACE FUNCTION judge_partition(the_topic text, the_partition integer, most integer) RETURNS integer LANGUAGE plpgsql
SET search_path = audit, pg_temp AS $$
DECLARE
    next bigint;
    e event;
    other event;
    breached record;
    looked integer := 0;
BEGIN
    SELECT j.next_offset INTO next FROM judged j WHERE j.topic = the_topic AND j."partition" = the_partition FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0; -- another auditor is at it
    END IF;
    FOR e IN SELECT v.* FROM event v
              WHERE v.topic = the_topic AND v."partition" = the_partition AND v."offset" >= next
                AND v.received_at < clock_timestamp() - interval '5 seconds'
              ORDER BY v."offset" LIMIT most
    LOOP
        looked := looked + 1;
        next := e."offset" + 1;
        CONTINUE WHEN e.type LIKE 'lockbox.notification.%' OR e.type IS NULL;
        FOR breached IN SELECT b.why, min(b.detail) AS detail FROM breaches_of(e) AS b GROUP BY b.why LOOP
            PERFORM record_breach(e, breached.why, breached.detail);
            CONTINUE WHEN breached.why <> 'version_twice';
            -- Nobody can say which of the two is the true one: the other may have been judged when it was alone.
            FOR other IN SELECT o.* FROM told_otherwise(e, (event_content(e.raw) #>> '{request,version}')::bigint) AS t
                           JOIN event o ON o.topic = t.topic AND o."partition" = t."partition" AND o."offset" = t."offset" LOOP
                PERFORM record_breach(other, 'version_twice', format('version %s is told by offset %s of %s/%s, too',
                                                                     event_content(e.raw) #>> '{request,version}', e."offset", e.topic, e."partition"));
            END LOOP;
        END LOOP;
    END LOOP;
    IF looked > 0 THEN
        UPDATE judged j SET next_offset = next WHERE j.topic = the_topic AND j."partition" = the_partition;
    END IF;
    RETURN looked;
END
$$;

-- Takes back what has its reason after all: the record that it lacked came within the hour. Some at a time, those first that
-- were not looked at for longest. No record that comes makes one telling of two.
CREATE OR REPLACE FUNCTION judge_again(most integer) RETURNS bigint LANGUAGE plpgsql
SET search_path = audit, pg_temp AS $$
DECLARE
    b breach;
    resolved bigint := 0;
BEGIN
    FOR b IN SELECT it.* FROM breach it
              WHERE it.judged_at > clock_timestamp() - interval '1 hour' AND it.looked_at < clock_timestamp() - interval '5 seconds'
                AND it.why <> 'version_twice'
              ORDER BY it.looked_at LIMIT most FOR UPDATE SKIP LOCKED
    LOOP
        IF EXISTS (SELECT FROM event e, breaches_of(e) AS found
                    WHERE e.topic = b.topic AND e."partition" = b."partition" AND e."offset" = b."offset" AND found.why = b.why) THEN
            UPDATE breach it SET looked_at = clock_timestamp()
             WHERE (it.topic, it."partition", it."offset", it.why) = (b.topic, b."partition", b."offset", b.why);
        ELSE
            DELETE FROM breach it WHERE (it.topic, it."partition", it."offset", it.why) = (b.topic, b."partition", b."offset", b.why);
            resolved := resolved + 1;
        END IF;
    END LOOP;
    RETURN resolved;
END
$$;

REVOKE EXECUTE ON FUNCTION record_breach FROM PUBLIC;

UPDATE schema_version SET version = 113;

RESET ROLE;
