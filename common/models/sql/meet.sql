-- Lets one transaction at a time judge accesses. An access is judged by grants, and belongs to the
-- subscription's tenant: two concurrent transactions, one with each, would not see each other's rows.
-- answers: nothing
SELECT pg_advisory_xact_lock(hashtextextended('lockbox audit models meet', 0))
