-- Deletes what consumers without input found about the restore, which no longer applies.
-- answers: consumer text
SELECT consumer FROM offsets_accept('lockboxctl db reconcile', 'derived again from the input topics')
