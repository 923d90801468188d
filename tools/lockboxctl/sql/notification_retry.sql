SELECT notification_id, recipient FROM notification_retry($1::uuid[], $2::uuid) ORDER BY notification_id
