-- Until when nobody needs to ask again, in microseconds since 1970.
-- takes: now timestamptz
-- answers: until_us bigint
SELECT (extract(epoch FROM make_room(:now)) * 1000000)::bigint AS until_us
