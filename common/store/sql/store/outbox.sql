INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
SELECT id, aggregatetype, aggregateid, type, payload
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
       WITH ORDINALITY AS given (id, aggregatetype, aggregateid, type, payload, place)
 ORDER BY place
