-- What is found of consumers that read no input says nothing any more.
-- answers: consumer text
SELECT consumer FROM offsets_accept('lockboxctl db reconcile', 'derived again from the input topics')
