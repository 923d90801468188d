-- Stores full tiles.
-- copies: topic text, partition integer, level smallint, index bigint, hashes bytea
COPY tile (:columns) FROM STDIN (FORMAT binary)
