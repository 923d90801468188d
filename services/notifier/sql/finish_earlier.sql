-- What became of attempts that were taken for dead, and have been followed by another: as finish.sql is told it.
UPDATE notification_earlier_attempt a
   SET ended_at = given.ended_at, outcome = given.outcome, smtp_code = given.smtp_code,
       enhanced_status = given.enhanced_status, smtp_reply = given.smtp_reply, relay = given.relay
  FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::integer[], $6::text[],
              $7::text[], $8::text[], $9::timestamptz[])
       AS given (notification_id, number, outcome, next_attempt_at, smtp_code, enhanced_status,
                 smtp_reply, relay, ended_at)
 WHERE a.notification_id = given.notification_id AND a.number = given.number
   AND a.outcome = 'interrupted'
