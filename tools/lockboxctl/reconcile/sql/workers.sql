-- The deciding workers that are connected.
-- answers: name text
SELECT DISTINCT substr(application_name, length('lockbox-') + 1) AS name
  FROM pg_stat_activity
 WHERE datname = current_database() AND application_name IN ('lockbox-requester', 'lockbox-decider', 'lockbox-expirer')
 ORDER BY 1
