-- What a login that was taken over could do to others: lock whole tables, put another's records into the quarantine, from which an operator
-- publishes them, and, an operator's, have an order carried out of which the audit store reads nothing.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- ---- LOCK TABLE ----

-- Whoever may update or delete a table's rows may lock it against everybody. Who may update columns may not; and rows are deleted by
-- functions of the owner.
REVOKE UPDATE, DELETE ON consumer_offset, inbox, set_back, subscription, ticket, outbox
    FROM lockbox_worker, lockbox_requester, lockbox_decider, lockbox_notifier, lockbox_relay;
GRANT UPDATE (epoch, next_offset, owner, taken_at, last_offset, last_hash) ON consumer_offset
    TO lockbox_requester, lockbox_decider, lockbox_notifier;
GRANT UPDATE (received_at, rejected) ON inbox TO lockbox_requester, lockbox_decider, lockbox_notifier;
GRANT UPDATE (subscription_id, tenant_id, lockbox_enabled, snapshot, changed_at) ON subscription TO lockbox_requester;
GRANT UPDATE (subscription_id, open, snapshot, changed_at) ON ticket TO lockbox_requester;
GRANT UPDATE (published_at, refused_at, attempts, next_attempt_at, last_error) ON outbox TO lockbox_relay;

-- The consumers whose rows are the login's to delete: those of the workers whose role it has.
CREATE FUNCTION own_consumers() RETURNS text[]
LANGUAGE sql STABLE
RETURN ARRAY(SELECT '%' || worker FROM unnest('{requester,decider,notifier}'::text[]) AS worker
              WHERE pg_has_role(session_user, 'lockbox_' || worker, 'USAGE'));

-- Deletes some of what is older. True: there is more.
CREATE FUNCTION inbox_prune(ttl interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER -- plpgsql keeps the plan between calls
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    own CONSTANT text[] := own_consumers();
    count bigint;
BEGIN
    -- By place: a join on the key is a loop in a loop.
    DELETE FROM inbox
     WHERE ctid = ANY (ARRAY(SELECT i.ctid FROM inbox i
                              WHERE i.received_at < (SELECT clock_timestamp()) - ttl AND (i.consumer LIKE ANY (own) OR i.topic = '')
                              LIMIT 10000));
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN count = 10000;
END
$$;

-- As inbox_prune, of events that were published longer ago; none that another transaction holds.
CREATE FUNCTION outbox_prune(ttl interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    count bigint;
BEGIN
    DELETE FROM outbox
     WHERE seq IN (SELECT o.seq FROM outbox o WHERE o.published_at < (SELECT clock_timestamp()) - ttl LIMIT 10000
                      FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN count = 10000;
END
$$;

-- These partitions of a consumer are no longer ahead of the database. False, as a condition of a query that answers nothing.
CREATE FUNCTION set_back_forget(the_consumer text, topics text[], partitions integer[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    DELETE FROM set_back AS s
     USING unnest(topics, partitions) AS agreeing (topic, "partition")
     WHERE s.consumer = the_consumer AND the_consumer LIKE ANY (own_consumers()) AND NOT s.told
       AND s.topic = agreeing.topic AND s."partition" = agreeing."partition";
    RETURN false;
END
$$;

REVOKE ALL ON FUNCTION own_consumers(), inbox_prune(interval), outbox_prune(interval), set_back_forget(text, text[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inbox_prune(interval), set_back_forget(text, text[], integer[])
    TO lockbox_requester, lockbox_decider, lockbox_notifier;
GRANT EXECUTE ON FUNCTION outbox_prune(interval) TO lockbox_relay;
DROP POLICY relay_prunes ON outbox;

-- ---- the quarantine ----

-- Each worker keeps records of its own topics there.
ALTER TABLE quarantine ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON quarantine FOR SELECT USING (true); -- privileges say who
CREATE POLICY relay_marks ON quarantine FOR UPDATE TO lockbox_relay USING (true);
CREATE POLICY requester ON quarantine FOR INSERT TO lockbox_requester
    WITH CHECK (consumer LIKE '%requester' AND (topic LIKE '%tickets.v1' OR topic LIKE '%tenants.v1'));
CREATE POLICY decider ON quarantine FOR INSERT TO lockbox_decider
    WITH CHECK (consumer LIKE '%decider' AND topic LIKE '%decisions.v1');
CREATE POLICY notifier ON quarantine FOR INSERT TO lockbox_notifier
    WITH CHECK (consumer LIKE '%notifier' AND topic LIKE '%events.v1');

CREATE OR REPLACE FUNCTION quarantine_report(topic text, source text, value bytea, reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    INSERT INTO quarantine (consumer, topic, "partition", "offset", kafka_timestamp, key, headers, value, reason)
    SELECT 'lockbox.authorizer', $1, 0, 0, clock_timestamp(), convert_to($2, 'UTF8'), '\x00000000', $3, $4
     WHERE $1 LIKE '%accesses.v1' OR refuse('a report goes to the accesses')
$$;

-- ---- what operators order ----

-- Who says that they ordered it, as a member of the event; of which no reader thinks otherwise than another.
CREATE FUNCTION event_person(id text, email text, name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF NOT coalesce(octet_length(id) BETWEEN 1 AND 128 AND octet_length(email) <= 254 AND octet_length(name) <= 256
                    AND octet_length(split_part(email, '@', 1)) <= 64
                    AND email COLLATE "C" ~ ('^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
                                             '@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$'),
                    false) THEN
        PERFORM refuse('who it is takes an id, an address and a name');
    END IF;
    RETURN '{"id":' || to_json(id) || ',"email":' || to_json(email) || ',"name":' || to_json(name) || '}';
END
$$;

-- Tells what an operator ordered of a partition. Of the program's event no more is taken than the address and the name.
CREATE FUNCTION tell_ordered(event_id uuid, type text, place text, what text, who text, why text, event json) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    at CONSTANT text := to_json(rfc3339(clock_timestamp()));
BEGIN
    IF NOT coalesce(length(why) BETWEEN 1 AND 2000, false) THEN
        PERFORM refuse('the reason takes 1 to 2000 characters');
    END IF;
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (event_id, 'operator', place, type,
            '{"specversion":"1.0","id":"' || event_id || '","source":"/lockbox/lockboxctl","type":"' || type || '","subject":' || to_json(place)
            || ',"time":' || at || ',"datacontenttype":"application/json","data":{' || what
            || ',"by":' || event_person(who, event #>> '{data,by,email}', event #>> '{data,by,name}')
            || ',"login":' || to_json(session_user::text) || ',"at":' || at || ',"reason":' || to_json(why) || '}}');
    PERFORM pg_notify('lockbox_outbox', '');
END
$$;
REVOKE ALL ON FUNCTION event_person(text, text, text), tell_ordered(uuid, text, text, text, text, text, json) FROM PUBLIC;

CREATE OR REPLACE FUNCTION partition_skip(the_topic text, the_partition integer, first bigint, last bigint, who text, why text,
                                          event_id uuid, event text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    kept bigint;
BEGIN
    INSERT INTO partition_order (what, topic, "partition", first_offset, last_offset, operator_id, login, reason)
    VALUES ('skip', log_name(the_topic, the_partition), the_partition, first, last, who, session_user, why)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO quarantine (consumer, topic, "partition", "offset", headers, reason)
    SELECT coalesce(min(o.consumer), 'nobody'), the_topic, the_partition, first, '\x00000000',
           format(': an operator had the offsets %s to %s stepped over', first, last)
      FROM consumer_offset o WHERE o.topic = log_name(the_topic, the_partition) AND o."partition" = the_partition
    RETURNING quarantine_id INTO kept;
    INSERT INTO quarantine_settlement (quarantine_id, outcome, operator_id, login, reason, begun_at, settled_at, event_id)
    VALUES (kept, 'discarded', who, session_user, why, clock_timestamp(), clock_timestamp(), event_id);
    PERFORM tell_ordered(event_id, 'lockbox.operator.partition_skipped.v1', the_topic || '/' || the_partition,
                         '"topic":' || to_json(the_topic) || ',"partition":' || the_partition
                         || ',"first_offset":' || first || ',"last_offset":' || last, who, why, event::json);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION partition_accept(the_topic text, the_partition integer, the_number integer, who text, why text,
                                            event_id uuid, event text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    IF the_number > (SELECT number + 1 FROM log_read(the_topic, the_partition)) THEN
        PERFORM refuse('a log is missing before it');
    END IF;
    INSERT INTO log_accepted (topic, "partition", number, operator_id, login, reason)
    VALUES (the_topic, the_partition, the_number, who, session_user, why)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tell_ordered(event_id, 'lockbox.operator.partition_accepted.v1', the_topic || '/' || the_partition,
                         '"topic":' || to_json(the_topic) || ',"partition":' || the_partition
                         || ',"log":' || to_json(the_number || '~' || the_topic), who, why, event::json);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION quarantine_settle(quarantine_id bigint, begun_at timestamptz, event_id uuid, settled_by json,
                                             "partition" integer, "offset" bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
    s quarantine_settlement;
    q quarantine;
    at text;
    type text;
BEGIN
    UPDATE quarantine_settlement it
       SET settled_at = clock_timestamp(), event_id = quarantine_settle.event_id,
           "partition" = quarantine_settle."partition", "offset" = quarantine_settle."offset"
     WHERE it.quarantine_id = quarantine_settle.quarantine_id AND it.begun_at = quarantine_settle.begun_at
       AND it.settled_at IS NULL AND it.login = session_user
    RETURNING it.* INTO s;
    IF s.quarantine_id IS NULL THEN
        RETURN false;
    END IF;
    IF length(s.reason) > 2000 THEN
        PERFORM refuse('the reason takes up to 2000 characters');
    END IF;
    SELECT it.* INTO q FROM quarantine it WHERE it.quarantine_id = s.quarantine_id;
    at := to_json(to_char(s.begun_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
    type := 'lockbox.quarantine.' || s.outcome || '.v1';
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (s.event_id, 'quarantine', s.quarantine_id::text, type,
            '{"specversion":"1.0","id":"' || s.event_id || '","source":"/lockbox/lockboxctl","type":"' || type
            || '","subject":"' || s.quarantine_id || '","time":' || at || ',"datacontenttype":"application/json","data":{"quarantine_id":'
            || s.quarantine_id || ',"consumer":' || to_json(q.consumer) || ',"topic":' || to_json(q.topic) || ',"partition":' || q."partition"
            || ',"offset":' || q."offset" || ',"rejected_for":' || to_json(left(q.reason, 2000))
            || ',"by":' || event_person(s.operator_id, settled_by ->> 'email', settled_by ->> 'name')
            || ',"login":' || to_json(s.login) || ',"at":' || at
            || coalesce(',"reason":' || to_json(s.reason), '')
            || CASE WHEN s.outcome = 'replayed'
                    THEN ',"replayed_partition":' || s."partition" || ',"replayed_offset":' || s."offset" ELSE '' END
            || '}}');
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;

-- A program before this one deletes rows itself.
UPDATE schema_version SET version = greatest(version, 153), oldest_program = greatest(oldest_program, 153);

RESET ROLE;
