-- Settings for reading years of records at the speed of hashing them: in the order of an index,
-- never sorted. libpq's buffer grows to the longest message, and stays so, after which rows come by
-- the hundred instead of the dozen.
-- answers: nothing
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
       set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true),
       set_config('jit', 'off', true), repeat(' ', 262144)
