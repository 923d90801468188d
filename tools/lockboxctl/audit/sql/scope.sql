-- What the COPY commands are about: they take no parameters.
-- takes: topic text, partition text, first text, behind text
-- answers: nothing
SELECT set_config('lockbox.proof_topic', :topic, true), set_config('lockbox.proof_partition', :partition, true),
       set_config('lockbox.proof_first', :first, true), set_config('lockbox.proof_behind', :behind, true)
