import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.kafka.CloudEventSerializer;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * An enforcement point: asks whether an access is allowed now, carries it out or blocks it, and reports which.
 *
 * <p>java -cp 'lib/*:lib' Enforcement ../access.json: exit 0: carried out, 1: blocked
 */
public class Enforcement {
    static final String SOURCE = "https://enforcement.example";
    static final String QUESTION = "SELECT allowed, request_id, expires_at, reason"
            + " FROM lockbox.access_check(?, ?, ?, ?, ?, ?)";

    record Answer(boolean allowed, String requestId, String why) {}

    /** No answer is a no. Ask before every access: a yes may be revoked. */
    static Answer ask(ObjectNode access) {
        URI url = URI.create(System.getenv("LOCKBOX_ENFORCER_URL"));
        String jdbc = "jdbc:postgresql://%s:%d%s?%s&connectTimeout=5&socketTimeout=5".formatted(url.getHost(),
                url.getPort(), url.getPath(), url.getQuery() == null ? "" : url.getQuery());
        String[] user = url.getUserInfo().split(":", 2); // and a password, where the URL has one
        try (var database = DriverManager.getConnection(jdbc, user[0], user.length > 1 ? user[1] : null);
                var question = database.prepareStatement(QUESTION)) {
            int place = 1;
            for (String part : new String[] {"engineer_id", "resource_id", "action", "namespace", "kind", "name"}) {
                question.setString(place++, access.path(part).textValue()); // absent is NULL; empty text matches nothing
            }
            var row = question.executeQuery();
            row.next();
            boolean allowed = row.getBoolean("allowed");
            String why = row.getString("reason") + (allowed ? " until " + row.getString("expires_at") : "");
            return new Answer(allowed, row.getString("request_id"), why);
        } catch (SQLException error) {
            return new Answer(false, null, "no answer (" + error.getSQLState() + ")");
        }
    }

    static void carryOut(ObjectNode access) {
        System.out.println("doing " + access.get("action").asText()); // here stands the call to the cluster
    }

    /** What was blocked is reported, too. A report that fails must be kept and sent again, with the same id. */
    static void report(ObjectNode access, Answer answer, OffsetDateTime performedAt) throws Exception {
        access.put("performed_at", performedAt.toString()).put("outcome", answer.allowed() ? "allowed" : "blocked");
        if (answer.requestId() != null) {
            access.put("request_id", answer.requestId());
        }
        CloudEvent event = CloudEventBuilder.v1().withId(UUID.randomUUID().toString()).withSource(URI.create(SOURCE))
                .withType("lockbox.access.performed.v1").withTime(performedAt)
                .withData("application/json", new ObjectMapper().writeValueAsBytes(access)).build();
        var serializer = new CloudEventSerializer();
        serializer.configure(Map.of(CloudEventSerializer.ENCODING_CONFIG, Encoding.STRUCTURED,
                CloudEventSerializer.EVENT_FORMAT_CONFIG, "application/cloudevents+json"), false);
        try (var producer = new KafkaProducer<>(Client.of(Map.of("enable.idempotence", true)),
                new StringSerializer(), serializer)) {
            producer.send(new ProducerRecord<>("lockbox.accesses.v1", access.get("engineer_id").asText(), event)).get();
        }
    }

    public static void main(String[] arguments) throws Exception {
        var access = (ObjectNode) new ObjectMapper().readTree(Client.namedFile("Enforcement", "../access.json", arguments));
        Answer answer = ask(access);
        var performedAt = OffsetDateTime.now();
        System.out.println((answer.allowed() ? "allowed: " : "blocked: ") + answer.why());
        if (answer.allowed()) {
            carryOut(access);
        }
        report(access, answer, performedAt);
        System.exit(answer.allowed() ? 0 : 1);
    }
}
