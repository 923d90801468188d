// Where the record stands, once Kafka has it on all the replicas that the topic demands.
def at = exchange.message.getHeader('kafka.RECORD_META', List)[0]
exchange.message.headers.clear()
exchange.message.setHeader('CamelHttpResponseCode', 202)
exchange.message.setHeader('Content-Type', 'application/json')
return """{"topic":"${at.topic()}","partition":${at.partition()},"offset":${at.offset()}}\n""".toString()
