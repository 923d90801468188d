-- What is read here may be years of records, and is consumed as fast as it can be hashed. Everything stands
-- under row security: somebody who sees one tenant only is told, and does not find everybody else's missing.
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
       set_config('row_security', 'off', true)
