-- takes: ids uuid[], request_id uuid
-- answers: notification_id uuid, recipient text
SELECT notification_id, recipient FROM notification_retry(:ids, :request_id) ORDER BY notification_id
