-- Judges up to most records. The answer: how many.
-- takes: most integer
-- answers: looked bigint
SELECT looked FROM judge(:most)
