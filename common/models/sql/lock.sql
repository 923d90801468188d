-- Accesses are judged by grants, and belong to whoever owned the subscription: two transactions at once, one with
-- either, would not see each other's. Records that have no part in it (shared) only keep off a rebuild.
-- takes: exclusive boolean
-- answers: nothing
SELECT CASE WHEN :exclusive THEN pg_advisory_xact_lock(key) ELSE pg_advisory_xact_lock_shared(key) END
  FROM hashtextextended('lockbox audit models', 0) AS key
