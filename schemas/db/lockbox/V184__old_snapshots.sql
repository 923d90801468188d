-- A transaction that is not READ COMMITTED sees the database as it was at its first statement: what was revoked since allowed access for as long as
-- the transaction lasted. To it the database is one that was set back.
-- Fits any later version: it replaces functions with ones of the same answers.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- The mark that a clock is held against; NULL where there is none. The two tables of one row and of none are read whole, which costs less
-- than their indexes: what is asked of them is in no index. A question that is a transaction of its own begins with it, give or take a message.
CREATE OR REPLACE FUNCTION access_clock() RETURNS TABLE (mark timestamptz)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM lockbox.set_back s WHERE s.told IS NOT NULL)
                     OR now() < statement_timestamp() - interval '100 ms' AND current_setting('transaction_isolation') <> 'read committed'
                THEN 'infinity'
                ELSE (SELECT m.at FROM lockbox.clock_mark m) END
    OFFSET 0 -- read once
$$;

-- As before; that the access is live is asked as access_check asks it.
CREATE OR REPLACE FUNCTION access_evidence(request_id uuid) RETURNS jsonb LANGUAGE sql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    SELECT jsonb_build_object('consent', e.consent::jsonb, 'starts_asked', e.starts_asked, 'decide_by', e.decide_by,
                              'decisions', e.decisions::jsonb -> 'decisions')
      FROM signed_evidence($1) AS e
     WHERE EXISTS (
            SELECT FROM access_item i
              JOIN request r USING (request_id), access_clock() AS clock
             WHERE i.request_id = $1 AND r.state = i.basis
               AND i.starts_at <= clock_timestamp() AND i.expires_at > greatest(clock_timestamp(), clock.mark)
               AND clock_timestamp() >= clock.mark - interval '30 seconds')
$$;

UPDATE schema_version SET version = greatest(version, 184);

RESET ROLE;
