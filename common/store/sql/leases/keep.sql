-- Renews the holder's parts, returns those in giving, and takes free parts up to the holder's share.
-- takes: name text, holder uuid, giving smallint[]
-- answers: part smallint, share integer
SELECT part, share FROM lease_keep(:name, :holder, :giving)
