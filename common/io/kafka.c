/* The configuration of Kafka clients, and librdkafka's log as lines of ours. Promises that
 * properties on which correctness rests keep their value, whatever a setting says. Fails with
 * LBX_ERR_INVALID where librdkafka refuses a property, which is logged by its name. */
#include "io/kafka.h"

#include "base/log.h"
#include "base/text.h"
#include "io/denied.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>

/* Timer slack of librdkafka's threads. Its main thread rounds its poll time-out down to whole
 * milliseconds, and then spins until the timer fires: two thirds of an idle worker's CPU time.
 * With slack, threads wake up so much later, for timers alone. */
enum { TIMER_SLACK_NS = 4000000 };

static void log_line(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    (void)client;
    /* librdkafka calls the property experimental, but outbound.c needs it: there is nothing for an operator to do */
    if (strcmp(facility, "CONFWARN") == 0 && strstr(text, "enable.gapless.guarantee"))
        level = LOG_DEBUG;
    enum lbx_log_level ours = level <= LOG_ERR       ? LBX_LOG_WARN
                              : level <= LOG_WARNING ? LBX_LOG_INFO
                                                     : LBX_LOG_DEBUG;
    lbx_log(ours, "kafka client", LBX_S("facility", facility), LBX_S("text", text));
}

static enum lbx_err set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return LBX_OK;
    lbx_log(LBX_LOG_ERROR, "kafka property refused", LBX_S("property", name));
    return LBX_ERR_INVALID;
}

static enum lbx_err set_all(rd_kafka_conf_t *conf, const struct lbx_kafka_property *list) {
    enum lbx_err err = LBX_OK;
    for (; err == LBX_OK && list->name; list++)
        err = set(conf, list->name, list->value);
    return err;
}

/* Warns of a bug: librdkafka before 2.6.1 sends the SCRAM nonce twice (librdkafka #4895), which
 * Kafka 4 reports as a wrong password. */
static void warn_of_scram(const char *name, const char *value) {
    enum { MENDED = 0x020601ff };
    if (strncmp(name, "sasl.mechanism", 14) == 0 && strncmp(value, "SCRAM-", 6) == 0 &&
        rd_kafka_version() < MENDED)
        lbx_log(
            LBX_LOG_WARN,
            "this librdkafka cannot authenticate by SCRAM with Kafka 4: take 2.6.1 or newer, PLAIN "
            "inside of TLS, or a client certificate",
            LBX_S("librdkafka", rd_kafka_version_str()));
}

/* Whether the connection is TLS with a verified server name. Without verification a man in the middle could read all. */
static bool is_encrypted(const struct lbx_settings *settings) {
    bool encrypted = false, known = true;
    for (char **at = settings->kafka_properties; at && *at; at += 2)
        if (strcmp(at[0], "security.protocol") == 0)
            encrypted = lbx_same_text(at[1], "SSL") || lbx_same_text(at[1], "SASL_SSL");
        else if (strcmp(at[0], "enable.ssl.certificate.verification") == 0)
            known &= lbx_same_text(at[1], "true");
        else if (strcmp(at[0], "ssl.endpoint.identification.algorithm") == 0)
            known &= lbx_same_text(at[1], "https");
    return encrypted && known;
}

/* Whether each of host:port,… is a loopback host; a protocol may stand before the host. */
static bool all_loopback(const char *servers) {
    for (const char *at = servers; *at;) {
        size_t len = strcspn(at, ",");
        const char *scheme = memmem(at, len, "://", 3), *host = scheme ? scheme + 3 : at;
        const char *end = at + len, *colon = memrchr(host, ':', (size_t)(end - host));
        host += strspn(host, " ");
        if (!lbx_is_loopback(host, (size_t)((colon && colon > host ? colon : end) - host)))
            return false;
        at = end + (*end == ',');
    }
    return true;
}

/* Refuses an unencrypted connection to another machine, unless the operator allows it. */
static enum lbx_err check_private(const struct lbx_settings *settings) {
    if (settings->allow_plaintext || is_encrypted(settings) ||
        all_loopback(settings->kafka_bootstrap_servers))
        return LBX_OK;
    return lbx_settings_refuse("LOCKBOX_KAFKA_SECURITY_PROTOCOL",
                               "needs SSL or SASL_SSL for another machine, with its certificate "
                               "verified, or LOCKBOX_ALLOW_PLAINTEXT=yes");
}

/* Whether librdkafka uses Cyrus SASL: for Kerberos alone, which is also the default where no mechanism is set. */
static bool needs_plugins(const struct lbx_settings *settings) {
    bool sasl = false, kerberos = true;
    for (char **at = settings->kafka_properties; at && *at; at += 2)
        if (strcmp(at[0], "security.protocol") == 0)
            sasl = lbx_same_start(at[1], "SASL_", 5);
        else if (strncmp(at[0], "sasl.mechanism", 14) == 0)
            kerberos = lbx_same_text(at[1], "GSSAPI");
    return sasl && kerberos;
}

/* Keeps Cyrus SASL from loading plug-ins. It would load all at the first client; one brings
 * Berkeley DB, with 200 KB of memory and two milliseconds. */
static void leave_plugins(const struct lbx_settings *settings) {
    if (!needs_plugins(settings))
        setenv("SASL_PATH", "/nonexistent", 0);
}

enum lbx_err lbx_kafka_conf(const struct lbx_settings *settings, const char *client_id,
                            const struct lbx_kafka_property *defaults,
                            const struct lbx_kafka_property *fixed, rd_kafka_conf_t **ret_conf) {
    /* Reconnects soon after an outage. No topic is created by a typing error. Few requests while idle. */
    static const struct lbx_kafka_property common[] = {
        {"allow.auto.create.topics", "false"}, {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "2000"},  {"log.connection.close", "false"},
        {"socket.nagle.disable", "true"},      {NULL, NULL},
    };
    enum lbx_err err = check_private(settings);
    if (err != LBX_OK)
        return err;
    leave_plugins(settings);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, log_line);
    err = set_all(conf, common);
    if (err == LBX_OK)
        err = set(conf, "client.id", client_id);
    if (err == LBX_OK)
        err = set_all(conf, defaults);
    for (char **at = settings->kafka_properties; err == LBX_OK && at && *at; at += 2) {
        warn_of_scram(at[0], at[1]);
        err = set(conf, at[0], at[1]);
    }
    if (err == LBX_OK)
        err = set(conf, "bootstrap.servers", settings->kafka_bootstrap_servers);
    if (err == LBX_OK)
        err = set_all(conf, fixed);
    if (err != LBX_OK)
        rd_kafka_conf_destroy(conf);
    else
        *ret_conf = conf;
    return err;
}

enum lbx_err lbx_kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                              rd_kafka_t **ret_client) {
    char why[512];
    const int before = prctl(PR_GET_TIMERSLACK);
    prctl(PR_SET_TIMERSLACK, (unsigned long)TIMER_SLACK_NS);
    *ret_client = rd_kafka_new(type, conf, why, sizeof why);
    if (before > 0)
        prctl(PR_SET_TIMERSLACK, (unsigned long)before);
    if (*ret_client)
        return LBX_OK;
    rd_kafka_conf_destroy(conf);
    lbx_log(LBX_LOG_ERROR, "no kafka client", LBX_S("error", why));
    return LBX_ERR_INVALID;
}

static _Atomic int denied;

bool lbx_kafka_note_denied(rd_kafka_resp_err_t err) {
    bool is_one = err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                  err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
                  err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    if (is_one)
        denied = (int)err;
    return is_one;
}

const char *lbx_kafka_denied(void) {
    return denied ? rd_kafka_err2name((rd_kafka_resp_err_t)denied) : NULL;
}

size_t lbx_kafka_header_count(const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers;
    bool any = rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
    return any ? rd_kafka_header_cnt(headers) : 0;
}

/* The size of a header's name that contains a NUL; 0: the name ends at its first NUL. librdkafka returns no length, but stores
 * name, NUL and value in one allocation, so that the name ends before the value. A null value has no address: 0. */
static size_t hidden_name(const struct lbx_header *header) {
    const size_t seen = strlen(header->name);
    const char *value = header->value;
    return value && value > header->name + seen + 1 ? (size_t)(value - header->name) - 1 : 0;
}

struct lbx_record lbx_kafka_record(const rd_kafka_message_t *message, struct lbx_header *headers) {
    rd_kafka_headers_t *theirs = NULL;
    size_t count = lbx_kafka_header_count(message);
    if (count && rd_kafka_message_headers(message, &theirs) != RD_KAFKA_RESP_ERR_NO_ERROR)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        rd_kafka_header_get_all(theirs, i, &headers[i].name, &headers[i].value, &headers[i].len);
        headers[i].name_len = hidden_name(&headers[i]);
    }
    return (struct lbx_record){
        .topic = LBX_TOPIC_COUNT,
        .topic_name = rd_kafka_topic_name(message->rkt),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .key = message->key,
        .key_len = message->key_len,
        .value = message->payload,
        .value_len = message->len,
        .headers = headers,
        .header_count = count,
    };
}
