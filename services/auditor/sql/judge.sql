-- Judges at most `most` records. Answers how many it judged.
-- takes: most integer
-- answers: looked bigint
SELECT looked FROM judge(:most)
