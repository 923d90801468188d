-- takes: reached timestamptz
-- answers: nothing
SELECT clock_mark_raise(:reached)
