-- When the next mail is due; whether some are in hand elsewhere, where the sender may have died.
SELECT (SELECT (extract(epoch FROM min(n.next_attempt_at) - clock_timestamp()) * 1000000)::bigint
          FROM notification n
         WHERE n.state IN ('queued', 'deferred')) AS wait_us,
       EXISTS (SELECT FROM notification n
                WHERE n.state = 'sending' AND n.sender_pid <> pg_backend_pid())::integer AS elsewhere
