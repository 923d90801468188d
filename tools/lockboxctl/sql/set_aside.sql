-- Those of the records that the worker quarantined, or skipped by an operator's order.
-- rows given: topic text, partition integer, offset bigint
-- answers: topic text, partition integer, offset bigint
SELECT given.topic, given."partition", given."offset"
  FROM :given
 WHERE EXISTS (SELECT FROM quarantine q
                WHERE q.topic = log_topic(given.topic) AND q."partition" = given."partition" AND q."offset" = given."offset")
    OR EXISTS (SELECT FROM partition_order o
                WHERE o.what = 'skip' AND o.topic = given.topic AND o."partition" = given."partition"
                  AND given."offset" BETWEEN o.first_offset AND o.last_offset)
