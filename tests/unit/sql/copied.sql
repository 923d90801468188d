-- copies: name text, wide bigint, narrow integer, small smallint, at timestamptz, bytes bytea
COPY it (:columns) FROM STDIN (FORMAT binary)
