-- Sets what the COPY commands read, as these take no parameters.
-- takes: topic text, partition integer, first bigint, behind bigint
-- answers: nothing
SELECT set_config('lockbox.proof_topic', :topic, true), set_config('lockbox.proof_partition', :partition::text, true),
       set_config('lockbox.proof_first', :first::text, true), set_config('lockbox.proof_behind', :behind::text, true)
