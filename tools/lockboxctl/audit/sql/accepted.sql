-- Logs that replaced another log.
-- answers: topic text, partition integer, number integer, operator text, login text, reason text
SELECT topic, "partition", number, operator_id AS operator, login, reason FROM log_accepted
 ORDER BY topic COLLATE "C", "partition", number
