-- When the next mail is due; whether some are in other sessions' hands, who may have died.
SELECT (extract(epoch FROM min(next_attempt_at) FILTER (WHERE state <> 'sending')
                          - clock_timestamp())
        * 1000000)::bigint AS wait_us,
       count(*) FILTER (WHERE state = 'sending') AS elsewhere
  FROM notification
 WHERE next_attempt_at IS NOT NULL
