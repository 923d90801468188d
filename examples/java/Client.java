import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A Kafka client's properties by the workers' settings: with TLS and a password (SASL_SSL) where they are set. */
class Client {
    static Map<String, Object> of(Map<String, Object> own) {
        var found = new HashMap<>(own);
        found.put("bootstrap.servers", System.getenv("LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"));
        String protocol = System.getenv("LOCKBOX_KAFKA_SECURITY_PROTOCOL");
        if ("SASL_SSL".equals(protocol)) {
            String mechanism = System.getenv("LOCKBOX_KAFKA_SASL_MECHANISM");
            found.putAll(Map.of("security.protocol", protocol, "sasl.mechanism", mechanism,
                    "ssl.truststore.type", "PEM", "ssl.truststore.location", System.getenv("LOCKBOX_KAFKA_SSL_CA_LOCATION"),
                    "sasl.jaas.config", "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";"
                            .formatted(mechanism.startsWith("SCRAM") ? "scram.ScramLoginModule" : "plain.PlainLoginModule",
                                    System.getenv("LOCKBOX_KAFKA_SASL_USERNAME"), password())));
        }
        return found;
    }

    /** The one argument. A program that is asked how it is used says so, and does nothing. */
    static File namedFile(String program, String example, String[] arguments) {
        String usage = "usage: java -cp 'lib/*:lib' " + program + " " + example;
        if (List.of("--help").equals(List.of(arguments)) || List.of("-h").equals(List.of(arguments))) {
            System.out.println(usage);
            System.exit(0);
        }
        if (arguments.length != 1 || arguments[0].startsWith("-")) {
            System.err.println("not " + String.join(" ", arguments) + "; " + usage);
            System.exit(2);
        }
        return new File(arguments[0]);
    }

    private static String password() {
        try {
            return Files.readString(Path.of(System.getenv("LOCKBOX_KAFKA_SASL_PASSWORD_FILE"))).strip();
        } catch (IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }
}
