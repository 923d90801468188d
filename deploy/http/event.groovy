// Makes of an HTTP request the record that docs/events.md demands: topic and key by what the event says, headers and value
// by the mode that it came in. No header of the request but those of the event reaches Kafka.
import com.fasterxml.jackson.core.JsonParser
import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.DeserializationFeature
import com.fasterxml.jackson.databind.ObjectMapper

final PLACES = [  // of types that begin so: topic, and the member of the data that is the key
    ['lockbox.ticket.', 'tickets', 'ticket_id'],
    ['lockbox.access.performed.', 'accesses', 'engineer_id'],
    ['lockbox.access.', 'tickets', 'ticket_id'],
    ['lockbox.tenant.', 'tenants', 'tenant_id'],
    ['lockbox.decision.', 'decisions', 'request_id']]
final REQUIRED = ['specversion', 'id', 'source', 'type']

final refuse = { String why -> throw new IllegalArgumentException(why) }

// As the HTTP binding of CloudEvents writes them: quoted or not, then percent-encoded.
final decoded = { String name, value ->
    if (!(value instanceof String)) refuse("/$name: given twice")
    if (value ==~ /".*"/) value = value[1..-2].replaceAll(/\\(.)/, '$1')
    URLDecoder.decode(value.replace('+', '%2B'), 'UTF-8')
}

String contentType = exchange.message.getHeader('Content-Type', String) ?: ''
def mediaType = contentType.tokenize(';')[0]?.trim()?.toLowerCase()
if (!(mediaType in ['application/cloudevents+json', 'application/json']))
    throw new UnsupportedOperationException('Content-Type: neither application/cloudevents+json nor application/json with ce-* headers')

byte[] value = exchange.message.getBody(byte[]) ?: new byte[0]
def data
try {
    data = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readTree(value)
} catch (JsonProcessingException ignored) {
    refuse('the body is not JSON, or has a member twice')
}

def isBinary = mediaType == 'application/json'
def attributes
if (isBinary) {
    attributes = exchange.message.headers.findAll { it.key.toLowerCase().startsWith('ce-') }
            .collectEntries { name, it -> [name.toLowerCase().substring(3), decoded(name.substring(3), it)] }
} else {
    attributes = REQUIRED.collectEntries { [it, data.path(it).textValue()] }
    data = data.path('data')
}
REQUIRED.each { if (!attributes[it]) refuse("/$it: missing") }
if (attributes.specversion != '1.0') refuse('/specversion: not 1.0')
def place = PLACES.find { attributes.type.startsWith(it[0]) }
if (!place) refuse('/type: unknown')
def key = data.path(place[2]).textValue()
if (!key) refuse("/data/${place[2]}: missing")

def headers = exchange.message.headers
headers.clear()
headers['content-type'] = contentType
if (isBinary) attributes.each { name, it -> headers["ce_$name".toString()] = it }
headers['kafka.KEY'] = key
headers['kafka.OVERRIDE_TOPIC'] = exchange.context.resolvePropertyPlaceholders('{{bridge.topics}}') + place[1] + '.v1'
exchange.message.body = value
