-- Quarantines a report of a cluster that cannot be read.
-- takes: topic text, source text, base64 text, reason text
-- answers: nothing
SELECT quarantine_report(:topic, :source, decode(:base64, 'base64'), :reason)
