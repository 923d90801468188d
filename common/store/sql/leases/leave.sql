-- Gives back everything, for a holder that ends.
-- takes: name text, holder uuid
-- answers: nothing
SELECT lease_leave(:name, :holder)
