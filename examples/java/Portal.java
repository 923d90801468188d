import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.kafka.CloudEventDeserializer;
import io.cloudevents.kafka.CloudEventSerializer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.*;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A customer's portal: registers the tenant, turns Lockbox on, shows what is asked, and sends an approver's decision.
 *
 * <p>java -cp 'lib/*:lib' Portal ../tenant.json: reads "approve" or "deny" and a comment from standard input. Exit 0:
 * the decision was applied, or was before; 1: it was not, or Lockbox could not be turned on, 2: an event could not be read
 */
public class Portal {
    static final String SOURCE = "https://portal.example/lockbox";
    static final ObjectMapper JSON = new ObjectMapper();

    final CloudEventSerializer serializer = new CloudEventSerializer();
    final CloudEventDeserializer deserializer = new CloudEventDeserializer();
    final KafkaProducer<String, byte[]> producer;
    final KafkaConsumer<String, byte[]> consumer;
    final Deque<ConsumerRecord<String, byte[]>> read = new ArrayDeque<>();
    final Set<String> published = new HashSet<>(), seen = new HashSet<>();

    Portal() {
        serializer.configure(Map.of(CloudEventSerializer.ENCODING_CONFIG, Encoding.STRUCTURED,
                CloudEventSerializer.EVENT_FORMAT_CONFIG, "application/cloudevents+json"), false);
        producer = new KafkaProducer<>(Client.of(Map.of("enable.idempotence", true)),
                new StringSerializer(), new ByteArraySerializer());
        consumer = new KafkaConsumer<>(Client.of(Map.of(
                "group.id", "portal-" + UUID.randomUUID(), "enable.auto.commit", false, "auto.offset.reset", "earliest")),
                new StringDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of("lockbox.events.v1", "lockbox.deadletter.v1"));
    }

    /** Returns the event's id, by which its answer is known. Where it throws: publish the same event again. */
    String publish(String topic, String key, String what, String id, OffsetDateTime at, JsonNode data) throws Exception {
        CloudEvent event = CloudEventBuilder.v1().withId(id).withSource(java.net.URI.create(SOURCE))
                .withType("lockbox." + what + ".v1").withTime(at)
                .withData("application/json", JSON.writeValueAsBytes(data)).build();
        var headers = new ProducerRecord<>(topic, key, new byte[0]).headers();
        byte[] value = serializer.serialize(topic, headers, event);
        published.add(new String(value, StandardCharsets.UTF_8));
        producer.send(new ProducerRecord<>(topic, null, key, value, headers)).get();
        return id;
    }

    /** Who is who, and that Lockbox is on. Ids and times are the portal's records' own: again does nothing. */
    List<String> register(JsonNode tenant) throws Exception {
        String id = tenant.get("tenant_id").asText();
        var at = OffsetDateTime.parse(tenant.get("registered_at").asText());
        ObjectNode added = JSON.createObjectNode().put("tenant_id", id);
        ObjectNode admin = added.deepCopy().put("role", "global_administrator");
        admin.set("principal", tenant.get("administrator"));
        added.set("subscription_id", tenant.get("subscription_id"));
        ObjectNode approver = added.deepCopy().put("role", "lockbox_approver");
        approver.set("principal", tenant.get("approver"));
        ObjectNode enabled = added.deepCopy();
        enabled.set("by", tenant.get("administrator"));
        String topic = "lockbox.tenants.v1";
        return List.of(publish(topic, id, "tenant.subscription_added", id + "/1", at, added),
                publish(topic, id, "tenant.role_assigned", id + "/2", at, admin),
                publish(topic, id, "tenant.role_assigned", id + "/3", at, approver),
                publish(topic, id, "tenant.lockbox_enabled", id + "/4", at, enabled));
    }

    /** The next event that is meant. Each once: delivery is at least once, so repeats are dropped by id. */
    CloudEvent next(Predicate<CloudEvent> meant) {
        while (true) {
            for (ConsumerRecord<String, byte[]> record; (record = read.poll()) != null; ) {
                if (record.topic().equals("lockbox.deadletter.v1")) {
                    exitIfOurs(record);
                    continue;
                }
                CloudEvent event = deserializer.deserialize(record.topic(), record.headers(), record.value());
                if (seen.add(event.getId()) && meant.test(event)) {
                    return event;
                }
            }
            consumer.poll(Duration.ofSeconds(1)).forEach(read::add);
        }
    }

    void exitIfOurs(ConsumerRecord<String, byte[]> deadLetter) {
        if (deadLetter.value() != null && published.contains(new String(deadLetter.value(), StandardCharsets.UTF_8))) {
            byte[] reason = deadLetter.headers().lastHeader("__connect.errors.exception.message").value();
            System.out.println("dead letter: " + new String(reason, StandardCharsets.UTF_8));
            System.exit(2);
        }
    }

    CloudEvent answer(String eventId, String family) {
        return next(event -> eventId.equals(event.getExtension("causationid")) && event.getType().startsWith(family));
    }

    static JsonNode data(CloudEvent event) {
        try {
            return JSON.readTree(event.getData().toBytes());
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }

    static void show(JsonNode request) {
        System.out.printf("%s: until %s, %s of %s asks%n", request.get("request_id").asText(),
                request.get("decide_by").asText(), request.at("/engineer/name").asText(),
                request.at("/engineer/organization").asText());
        for (JsonNode item : request.get("actions")) {
            var line = new StringJoiner(" ", "  ", "");
            for (String part : List.of("number", "action", "namespace", "kind", "name")) {
                if (item.has(part)) {
                    line.add(item.get(part).asText());
                }
            }
            System.out.println(line);
        }
        System.out.printf("  on %s%n  for %s: %s%n", request.get("resource_id").asText(),
                request.get("duration").asText(), request.get("justification").asText());
    }

    int run(JsonNode tenant) throws Exception {
        for (String id : register(tenant)) {
            CloudEvent event = answer(id, "lockbox.tenant.");
            if (event.getType().equals("lockbox.tenant.change_refused.v1")) {
                System.out.println("refused: " + data(event).get("change").asText() + " " + data(event).get("reason").asText());
                return 1;
            }
        }
        JsonNode subscription = tenant.get("subscription_id");
        System.out.println("Lockbox is on for " + subscription.asText());
        read.clear(); // once more from the beginning: the request may be older than this run
        seen.clear();
        consumer.seekToBeginning(consumer.assignment());
        JsonNode request = data(next(event -> event.getType().equals("lockbox.request.created.v1")
                && data(event).at("/request/subscription_id").equals(subscription))).get("request");
        show(request);
        String[] said = new BufferedReader(new InputStreamReader(System.in)).readLine().strip().split(" ", 2);
        String requestId = request.get("request_id").asText();
        ObjectNode decision = JSON.createObjectNode().put("request_id", requestId).put("decision", said[0]);
        decision.set("by", tenant.get("approver"));
        decision.put("comment", said.length > 1 ? said[1] : "");
        String id = publish("lockbox.decisions.v1", requestId, "decision.submitted", UUID.randomUUID().toString(),
                OffsetDateTime.now(), decision);
        String verdict = data(answer(id, "lockbox.decision.")).get("verdict").asText();
        System.out.println("verdict: " + verdict);
        return List.of("applied", "recorded", "duplicate").contains(verdict) ? 0 : 1;
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode tenant = JSON.readTree(Client.namedFile("Portal", "../tenant.json", arguments));
        System.exit(new Portal().run(tenant));
    }
}
