-- What the policy of the cluster's customer forbids: a JSON array of entries.
-- takes: resource_id text
-- answers: entries text
SELECT access_forbidden(:resource_id) AS entries
