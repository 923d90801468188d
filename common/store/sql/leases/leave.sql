-- Returns all parts of a holder, which ends.
-- takes: name text, holder uuid
-- answers: nothing
SELECT lease_leave(:name, :holder)
