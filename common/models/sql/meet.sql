-- Accesses are judged by grants, and belong to whoever owned the subscription: two transactions at once, one with
-- either, would not see each other's.
-- answers: nothing
SELECT pg_advisory_xact_lock(hashtextextended('lockbox audit models meet', 0))
