// What went wrong, as a status and a line of text. What is not the client's fault says no more than that it may try again.
import org.apache.camel.processor.ThrottlerRejectedExecutionException
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException
import org.apache.kafka.common.errors.AuthorizationException
import org.apache.kafka.common.errors.RecordTooLargeException

final STATUS = [(IllegalArgumentException): 400, (AuthorizationException): 403, (OffsetOutOfRangeException): 410,
                (RecordTooLargeException): 413, (UnsupportedOperationException): 415, (ThrottlerRejectedExecutionException): 429]

def error = exchange.getProperty('CamelExceptionCaught', Throwable)
def found = [503, 'not now: ask again']
for (def it = error; it != null; it = it.cause) {
    def status = STATUS.find { type, number -> type.isInstance(it) }?.value
    if (status) {
        found = [status, [410: 'cursor: Kafka has no such offset any more, or not yet', 429: 'too many requests wait at once'][status] ?: it.message]
        break
    }
}
if (found[0] == 503) org.slf4j.LoggerFactory.getLogger('lockbox-http').error('failed: {}', error.toString())
exchange.message.headers.clear()
exchange.message.setHeader('CamelHttpResponseCode', found[0])
exchange.message.setHeader('Content-Type', 'text/plain; charset=utf-8')
return found[1] + '\n'
