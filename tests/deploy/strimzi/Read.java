import com.fasterxml.jackson.databind.ObjectMapper;
import io.strimzi.api.kafka.model.common.UnknownPropertyPreserving;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.util.Map;

/** Reads Strimzi's resources, one JSON object a line, by Strimzi's own classes, and names each member that they do not know. */
public class Read {
    private static final Map<String, Class<?>> KINDS = Map.of("Kafka", Kafka.class, "KafkaNodePool", KafkaNodePool.class,
        "KafkaTopic", KafkaTopic.class, "KafkaUser", KafkaUser.class);

    public static void main(String[] arguments) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String kind = mapper.readTree(line).get("kind").asText();
            look(kind, mapper.readValue(line, KINDS.get(kind)));
            System.out.println("read " + kind);
        }
    }

    private static void look(String path, Object value) throws Exception {
        if (value instanceof Iterable<?> list)
            for (Object it : list)
                look(path, it);
        if (!(value instanceof UnknownPropertyPreserving known))
            return;
        if (known.getAdditionalProperties() != null)
            for (String name : known.getAdditionalProperties().keySet())
                System.out.println("unknown " + path + "." + name);
        for (Method method : value.getClass().getMethods())
            if (method.getName().startsWith("get") && method.getParameterCount() == 0 && !method.getName().equals("getClass"))
                look(path + "." + method.getName().substring(3), method.invoke(value));
    }
}
