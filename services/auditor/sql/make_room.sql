-- Until when nobody needs to ask again, in microseconds since 1970.
SELECT (extract(epoch FROM make_room($1::timestamptz)) * 1000000)::bigint
