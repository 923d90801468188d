import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.kafka.CloudEventDeserializer;
import io.cloudevents.kafka.CloudEventSerializer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.*;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A ticketing system: opens a ticket, assigns its engineer, asks for access, and follows what becomes of it.
 *
 * <p>java -cp 'lib/*:lib' Ticketing ../ticket.json: exit 0: access is granted, 1: it is not, 2: an event could not be
 * read, 3: nobody was asked, Lockbox is not on for the subscription
 */
public class Ticketing {
    static final String SOURCE = "https://support.example/tickets";
    static final ObjectMapper JSON = new ObjectMapper();

    /** Id and time are the fact's own, not this run's: publishing a fact again writes the same bytes, and does nothing. */
    static CloudEvent event(String what, String ticketId, JsonNode fact) throws Exception {
        String name = String.join("/", SOURCE, ticketId, what, fact.get("at").asText());
        ObjectNode data = ((ObjectNode) fact.get("data")).put("ticket_id", ticketId);
        return CloudEventBuilder.v1()
                .withId(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString())
                .withSource(java.net.URI.create(SOURCE))
                .withType("lockbox." + what + ".v1")
                .withTime(OffsetDateTime.parse(fact.get("at").asText()))
                .withData("application/json", JSON.writeValueAsBytes(data))
                .build();
    }

    /** Under one key, and so in this order. Where it fails: publish all of it again. */
    static Set<String> publish(String ticketId, List<CloudEvent> events) throws Exception {
        var serializer = new CloudEventSerializer();
        serializer.configure(Map.of(CloudEventSerializer.ENCODING_CONFIG, Encoding.STRUCTURED,
                CloudEventSerializer.EVENT_FORMAT_CONFIG, "application/cloudevents+json"), false);
        Set<String> values = new HashSet<>();
        List<Future<RecordMetadata>> reports = new ArrayList<>();
        try (var producer = new KafkaProducer<>(Client.of(Map.of("enable.idempotence", true)),
                new StringSerializer(), new ByteArraySerializer())) {
            for (CloudEvent event : events) {
                var record = new ProducerRecord<>("lockbox.tickets.v1", ticketId, new byte[0]);
                byte[] value = serializer.serialize(record.topic(), record.headers(), event);
                values.add(new String(value, StandardCharsets.UTF_8));
                reports.add(producer.send(
                        new ProducerRecord<>(record.topic(), null, ticketId, value, record.headers())));
            }
        }
        for (var report : reports) {
            report.get(); // throws where it was not published
        }
        return values;
    }

    /** A system that stays up keeps one group, and commits an offset once it has stored what it read. */
    static int follow(String wishId, Set<String> published) throws Exception {
        Set<String> seen = new HashSet<>();
        String requestId = null;
        var deserializer = new CloudEventDeserializer();
        try (var consumer = new KafkaConsumer<>(Client.of(Map.of(
                "group.id", "ticketing-" + UUID.randomUUID(), "enable.auto.commit", false,
                "auto.offset.reset", "earliest")), new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("lockbox.events.v1", "lockbox.deadletter.v1"));
            while (true) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (record.topic().equals("lockbox.deadletter.v1")) {
                        if (record.value() != null
                                && published.contains(new String(record.value(), StandardCharsets.UTF_8))) {
                            byte[] reason = record.headers().lastHeader("__connect.errors.exception.message").value();
                            System.out.println("dead letter: " + new String(reason, StandardCharsets.UTF_8));
                            return 2;
                        }
                        continue;
                    }
                    CloudEvent event = deserializer.deserialize(record.topic(), record.headers(), record.value());
                    if (!event.getType().startsWith("lockbox.request.") || !seen.add(event.getId())) {
                        continue;
                    }
                    if (wishId.equals(event.getExtension("causationid"))) {
                        requestId = event.getSubject();
                    }
                    if (!event.getSubject().equals(requestId)) {
                        continue;
                    }
                    JsonNode request = JSON.readTree(event.getData().toBytes()).get("request");
                    String state = request.get("state").asText();
                    System.out.println(requestId + " " + state + " " + request.path("reason").asText()
                            + request.path("expires_at").asText());
                    if (!state.equals("customer_notified")) {
                        return state.equals("approved") ? 0 : state.equals("not_required") ? 3 : 1;
                    }
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode ticket = JSON.readTree(Client.namedFile("Ticketing", "../ticket.json", arguments));
        String id = ticket.get("ticket_id").asText();
        List<CloudEvent> events = List.of(event("ticket.opened", id, ticket.get("opened")),
                event("ticket.assigned", id, ticket.get("assigned")),
                event("access.requested", id, ticket.get("asked")));
        System.exit(follow(events.get(2).getId(), publish(id, events)));
    }
}
