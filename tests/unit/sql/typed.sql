-- Every type that a column, a value and an answer has.
-- rows given: id uuid, number bigint, at timestamptz, part integer optional, bytes bytea, body json, level smallint,
--   name text, open boolean, more jsonb, place ordinality
-- takes: consumer text, most integer, until timestamptz, ids uuid[], all boolean, ttl interval
-- answers: id uuid, number bigint, at timestamptz, part integer, bytes bytea, open boolean, kept text
WITH kept AS (
    INSERT INTO thing (:given_columns) SELECT given.:given_columns FROM :given
)
SELECT id, number, at, part, bytes, open, '{}'::text AS kept FROM :given
 WHERE :consumer <> '' AND :until > at AND id = ANY (:ids) AND :all AND :ttl IS NOT NULL ORDER BY place LIMIT :most
