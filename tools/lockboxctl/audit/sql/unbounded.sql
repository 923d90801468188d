-- What is read here may be years of records, and is consumed as fast as it can be hashed: in the order of an index,
-- never sorted. libpq's buffer grows to the longest message it meets, and stays: rows then come by the
-- hundred, and not by the dozen.
-- answers: nothing
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
       set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true),
       set_config('jit', 'off', true), repeat(' ', 262144)
