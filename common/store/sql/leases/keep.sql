-- Keeps what this holder has, gives back what it is done with, takes up to its share of what is free.
-- takes: name text, holder uuid, giving smallint[]
-- answers: part smallint, share integer
SELECT part, share FROM lease_keep(:name, :holder, :giving)
