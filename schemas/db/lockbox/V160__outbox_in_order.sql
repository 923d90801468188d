-- The index by which unpublished events are read in their order serves no look-up of a key's: how many events wait changes by the
-- second, and where the planner takes them for none, it has compared each with each by this index, for seconds, in the
-- place of a look-up in outbox_keys. Its condition says what outbox_keys' says, in words from which the planner does not conclude that.
-- A relay of the version before reads in order by the table's key, or sorts what outbox_keys has.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE INDEX outbox_in_order ON outbox (seq) WHERE num_nulls(published_at) = 1;
DROP INDEX outbox_unpublished;

UPDATE schema_version SET version = greatest(version, 160);

RESET ROLE;
