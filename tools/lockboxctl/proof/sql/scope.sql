-- What the COPY commands are about: they take no parameters.
SELECT set_config('lockbox.proof_topic', $1, true), set_config('lockbox.proof_partition', $2, true),
       set_config('lockbox.proof_first', $3, true), set_config('lockbox.proof_behind', $4, true)
