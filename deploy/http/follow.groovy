// What stands in a topic from a place on. The place is the client's to keep: it is in the link to what follows, as the next
// partition.offset of each partition, and nothing of it is kept here or in Kafka. Events are a batch of CloudEvents, dead
// letters a list of where a record stood, why it is there, and its bytes.
import com.fasterxml.jackson.databind.ObjectMapper
import java.time.Duration
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.ByteArrayDeserializer

final BATCH = ['max.poll.records': '500', 'fetch.max.bytes': '1048576', 'max.partition.fetch.bytes': '1048576']
final OURS = ['enable.auto.commit': 'false', 'auto.offset.reset': 'none', 'allow.auto.create.topics': 'false', 'default.api.timeout.ms': '15000']

def cursor = exchange.message.getHeader('cursor', String) ?: 'earliest'
def wait = exchange.message.getHeader('wait', String) ?: '20'
if (!(cursor ==~ /earliest|latest|\d{1,9}\.\d{1,18}(-\d{1,9}\.\d{1,18})*/)) throw new IllegalArgumentException('cursor: take it from a link')
if (!(wait ==~ /\d|[1-5]\d/)) throw new IllegalArgumentException('wait: seconds, at most 59')
def offsets = cursor.contains('.') ? cursor.tokenize('-').collectEntries { it.tokenize('.')*.toLong() } : [:]

def what = exchange.getVariable('what', String)
def topic = exchange.context.resolvePropertyPlaceholders('{{bridge.topics}}') + [events: 'events.v1', deadletters: 'deadletter.v1'][what]
def configuration = exchange.context.getEndpoint("kafka:$topic").configuration
def properties = configuration.createConsumerProperties()
properties.remove('group.id')
properties.putAll(['bootstrap.servers': configuration.brokers, *: OURS, *: BATCH])

def said = { record ->
    if (what == 'events') return record.value()
    def header = { name -> record.headers().lastHeader("__connect.errors.$name")?.value()?.with { new String(it, 'UTF-8') } }
    new ObjectMapper().writeValueAsBytes([topic: header('topic'), partition: header('partition') as Integer, offset: header('offset') as Long,
                                          reason: header('exception.message'), value: record.value()])
}

def values = [], next
new KafkaConsumer(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()).withCloseable { consumer ->
    def partitions = consumer.partitionsFor(topic).collect { new TopicPartition(topic, it.partition()) }.sort { it.partition() }
    consumer.assign(partitions)
    if (cursor == 'latest') consumer.seekToEnd(partitions)
    else if (!offsets) consumer.seekToBeginning(partitions)
    else {
        // Asked, not left to the first fetch: what other partitions have would be answered before that says so.
        def first = consumer.beginningOffsets(partitions), end = consumer.endOffsets(partitions)
        partitions.each {
            def at = offsets[it.partition() as long] ?: 0L
            if (at < first[it] || at > end[it]) throw new OffsetOutOfRangeException([(it): at])
            consumer.seek(it, at)
        }
    }
    def until = System.nanoTime() + wait.toLong() * 1_000_000_000L
    while (!values) {
        consumer.poll(Duration.ofMillis(250)).each { values << said(it) }
        if (System.nanoTime() >= until) break
    }
    next = partitions.collect { "${it.partition()}.${consumer.position(it)}" }.join('-')
}

def body = new ByteArrayOutputStream()
values.eachWithIndex { it, number ->
    body.write((number ? ',\n' : '[').bytes)
    body.write(it)
}
body.write((values ? ']\n' : '[]\n').bytes)
exchange.message.headers.clear()
exchange.message.setHeader('Content-Type', what == 'events' ? 'application/cloudevents-batch+json' : 'application/json')
exchange.message.setHeader('Link', "</$what?cursor=$next&wait=$wait>; rel=\"next\"".toString())
return body.toByteArray()
