/* Settings from the environment: LOCKBOX_<NAME>, or LOCKBOX_<NAME>_FILE, the path of a file with
 * the value (for secrets). One list makes the struct, the parser and `lockboxctl config`. */
#ifndef LBX_IO_SETTINGS_H
#define LBX_IO_SETTINGS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(kind, member, name, default, what it is). Kinds: TEXT; PREFIX (of Kafka names); SECRET (hidden when shown); DURATION
 * (ISO 8601, int64_t microseconds); DURATIONS (comma-separated); WORDS (comma-separated); BYTES
 * (integer); COUNT (integer from 1); LIMIT (integer from 0); LEVEL; CHOICE (refuse: false, not_required: true). */
#define LBX_SETTINGS(X)                                                                            \
    X(TEXT, kafka_bootstrap_servers, "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092",          \
      "Kafka brokers, host:port,…")                                                                \
    X(SECRET, database_url, "LOCKBOX_DATABASE_URL", "postgresql:///lockbox",                       \
      "operational database (libpq URI)")                                                          \
    X(SECRET, audit_database_url, "LOCKBOX_AUDIT_DATABASE_URL", "postgresql:///audit",             \
      "audit store (libpq URI)")                                                                   \
    X(PREFIX, topic_prefix, "LOCKBOX_TOPIC_PREFIX", "lockbox.", "in front of every topic's name")  \
    X(PREFIX, group_prefix, "LOCKBOX_GROUP_PREFIX", "lockbox.", "in front of consumer groups")     \
    X(TEXT, instance, "LOCKBOX_INSTANCE", "",                                                      \
      "name of this instance of its worker (Kafka static membership); empty: none")                \
    X(TEXT, smtp_url, "LOCKBOX_SMTP_URL", "smtp://localhost:25?tls=required",                      \
      "relays in order, smtp://user@host:port?tls=off, smtps://…")                                 \
    X(SECRET, smtp_password, "LOCKBOX_SMTP_PASSWORD", "", "password of the user in the URL")       \
    X(TEXT, smtp_ca_file, "LOCKBOX_SMTP_CA_FILE", "",                                              \
      "CA certificates (PEM); empty: the system's")                                                \
    X(DURATION, smtp_timeout, "LOCKBOX_SMTP_TIMEOUT", "PT1M", "for each answer of a relay")        \
    X(TEXT, mail_from, "LOCKBOX_MAIL_FROM", "lockbox@localhost.localdomain",                       \
      "sender of the mails")                                                                       \
    X(TEXT, portal_url, "LOCKBOX_PORTAL_URL", "https://localhost/lockbox", "link in the mails")    \
    X(TEXT, template_dir, "LOCKBOX_TEMPLATE_DIR", "",                                              \
      "folder of mail templates that replace those built in; empty: none")                         \
    X(TEXT, webhook_key_file, "LOCKBOX_WEBHOOK_KEY_FILE", "",                                      \
      "key that signs webhooks of the format cloudevents (PEM, Ed25519); empty: none is sent")     \
    X(TEXT, webhook_ca_file, "LOCKBOX_WEBHOOK_CA_FILE", "",                                        \
      "CAs of webhooks' certificates (PEM); empty: the system's")                                  \
    X(YES, webhook_private, "LOCKBOX_WEBHOOK_PRIVATE", "no",                                       \
      "yes: webhooks at private and loopback addresses are posted to, too")                        \
    X(DURATION, mail_retry, "LOCKBOX_MAIL_RETRY", "PT1M",                                          \
      "a mail is tried again after this long, doubling up to an hour")                             \
    X(COUNT, mail_sessions, "LOCKBOX_MAIL_SESSIONS", "4",                                          \
      "SMTP sessions at a time; up to ten times as many while some are slow")                      \
    X(LIMIT, mail_digest_after, "LOCKBOX_MAIL_DIGEST_AFTER", "20",                                 \
      "requests that wait for one person come as one mail beyond this number; 0: never")           \
    X(DURATION, mail_digest_within, "LOCKBOX_MAIL_DIGEST_WITHIN", "PT5M",                          \
      "counted within this time, which a digest waits for more")                                   \
    X(DURATION, pending_ttl, "LOCKBOX_PENDING_TTL", "P4D", "a request lapses after this long")     \
    X(DURATION, grant_ttl, "LOCKBOX_GRANT_TTL", "PT8H", "access lasts this long by default")       \
    X(DURATION, grant_ttl_max, "LOCKBOX_GRANT_TTL_MAX", "PT8H", "longest access to be asked for")  \
    X(DURATIONS, reminders, "LOCKBOX_REMINDERS", "P1D,PT4H",                                       \
      "reminders, this long before the end")                                                       \
    X(WORDS, organizations, "LOCKBOX_ORGANIZATIONS", "microsoft,redhat",                           \
      "organizations whose engineers may ask")                                                     \
    X(TEXT, forbidden, "LOCKBOX_FORBIDDEN", "default",                                             \
      "what nobody can consent to: default, none, or a file with a JSON array")                    \
    X(COUNT, pending_per_ticket, "LOCKBOX_PENDING_PER_TICKET", "50",                               \
      "most requests of a ticket that wait for the customer")                                      \
    X(COUNT, pending_per_subscription, "LOCKBOX_PENDING_PER_SUBSCRIPTION", "500",                  \
      "most requests of a subscription that wait for the customer")                                \
    X(DURATION, starts_within, "LOCKBOX_STARTS_WITHIN", "P7D",                                     \
      "access may begin this long after it was asked for")                                         \
    X(CHOICE, unknown_subscriptions, "LOCKBOX_UNKNOWN_SUBSCRIPTION", "refuse",                     \
      "what is asked for an unknown subscription: refuse or not_required")                         \
    X(DURATION, emergency_ttl, "LOCKBOX_EMERGENCY_TTL", "PT1H",                                    \
      "emergency access lasts this long")                                                          \
    X(DURATION, acknowledge_ttl, "LOCKBOX_ACKNOWLEDGE_TTL", "P1D",                                 \
      "an emergency should be acknowledged within")                                                \
    X(COUNT, emergencies_per_day, "LOCKBOX_EMERGENCIES_PER_DAY", "3",                              \
      "most emergencies of a subscription within 24 hours")                                        \
    X(TEXT, authorizer_keys_file, "LOCKBOX_AUTHORIZER_KEYS_FILE", "",                              \
      "keys of who may authorize emergencies (JWK set, kid = id)")                                 \
    X(DURATION, inbox_ttl, "LOCKBOX_INBOX_TTL", "P30D",                                            \
      "an event sent twice is recognised within; one that Kafka has for longer is not acted on")   \
    X(DURATION, outbox_ttl, "LOCKBOX_OUTBOX_TTL", "P7D", "published outbox rows are kept for")     \
    X(WORDS, relay_from, "LOCKBOX_RELAY_FROM", "outbox,quarantine",                                \
      "what the relay publishes; Debezium may have the outbox")                                    \
    X(BYTES, max_event_bytes, "LOCKBOX_MAX_EVENT_BYTES", "262144", "largest event accepted")       \
    X(COUNT, batch_records, "LOCKBOX_BATCH_RECORDS", "500", "most records in one transaction")     \
    X(YES, allow_plaintext, "LOCKBOX_ALLOW_PLAINTEXT", "no",                                       \
      "whether Kafka, PostgreSQL and mail elsewhere are reached without TLS: yes or no")           \
    X(YES, allow_open_secrets, "LOCKBOX_ALLOW_OPEN_SECRETS", "no",                                 \
      "whether files of passwords and keys may be open to other users: yes or no")                 \
    X(TEXT, probes_listen, "LOCKBOX_PROBES_LISTEN", "",                                            \
      "host:port of /healthz and /readyz alone, for a supervisor's probes; empty: none")           \
    X(TEXT, http_listen, "LOCKBOX_HTTP_LISTEN", "",                                                \
      "host:port of /metrics, /healthz and /readyz; empty: none")                                  \
    X(TEXT, otlp_endpoint, "LOCKBOX_OTLP_ENDPOINT", "",                                            \
      "OpenTelemetry collector that spans are sent to (OTLP/HTTP); empty: none are made")          \
    X(TEXT, otlp_ca_file, "LOCKBOX_OTLP_CA_FILE", "",                                              \
      "CAs of its certificate (PEM); empty: the system's")                                         \
    X(LEVEL, log_level, "LOCKBOX_LOG_LEVEL", "info", "debug, info, warn or error")                 \
    X(TEXT, log_origin, "LOCKBOX_LOG_ORIGIN", "lockbox.example/unnamed",                           \
      "name of this deployment's transparency logs")                                               \
    X(TEXT, checkpoint_key_file, "LOCKBOX_CHECKPOINT_KEY_FILE", "",                                \
      "key that signs checkpoints (PEM, Ed25519)")                                                 \
    X(TEXT, checkpoint_vkeys_file, "LOCKBOX_CHECKPOINT_VKEYS_FILE", "",                            \
      "public keys that verifiers trust (vkeys, one a line)")                                      \
    X(TEXT, witness_policy_file, "LOCKBOX_WITNESS_POLICY_FILE", "",                                \
      "witnesses, and how many must cosign (C2SP tlog-policy)")                                    \
    X(DURATION, checkpoint_interval, "LOCKBOX_CHECKPOINT_INTERVAL", "PT2S",                        \
      "changed log heads are signed this often")                                                   \
    X(TEXT, authorizer_listen, "LOCKBOX_AUTHORIZER_LISTEN", "",                                    \
      "host:port on which the authorizer answers API servers (HTTPS)")                             \
    X(TEXT, authorizer_url, "LOCKBOX_AUTHORIZER_URL", "", "how clusters reach the authorizer")     \
    X(TEXT, authorizer_certificate_file, "LOCKBOX_AUTHORIZER_CERTIFICATE_FILE", "",                \
      "the authorizer's certificate (PEM), read again on SIGHUP")                                  \
    X(TEXT, authorizer_key_file, "LOCKBOX_AUTHORIZER_KEY_FILE", "",                                \
      "its key (PEM), read again on SIGHUP")                                                       \
    X(TEXT, authorizer_server_ca_file, "LOCKBOX_AUTHORIZER_SERVER_CA_FILE", "",                    \
      "CAs of that certificate, for the clusters (PEM)")                                           \
    X(TEXT, authorizer_client_ca_file, "LOCKBOX_AUTHORIZER_CLIENT_CA_FILE", "",                    \
      "CAs of its clients' certificates (PEM), read again on SIGHUP")                              \
    X(TEXT, preview_certificate_file, "LOCKBOX_PREVIEW_CERTIFICATE_FILE", "",                      \
      "lockboxctl's certificate for the authorizer (PEM)")                                         \
    X(TEXT, preview_key_file, "LOCKBOX_PREVIEW_KEY_FILE", "", "its key (PEM)")                     \
    X(TEXT, clusters_file, "LOCKBOX_CLUSTERS_FILE", "",                                            \
      "clusters that may ask (JSON), read again on SIGHUP")

struct lbx_words {
    char **list; /* ended by NULL */
    size_t count;
};

struct lbx_durations {
    int64_t list[16]; /* microseconds */
    size_t count;
};

#define LBX_MEMBER_TEXT(member) char *member;
#define LBX_MEMBER_PREFIX(member) char *member;
#define LBX_MEMBER_SECRET(member) char *member;
#define LBX_MEMBER_DURATION(member) int64_t member;
#define LBX_MEMBER_DURATIONS(member) struct lbx_durations member;
#define LBX_MEMBER_WORDS(member) struct lbx_words member;
#define LBX_MEMBER_BYTES(member) int64_t member;
#define LBX_MEMBER_COUNT(member) int64_t member;
#define LBX_MEMBER_LIMIT(member) int64_t member;
#define LBX_MEMBER_CHOICE(member) bool member;
#define LBX_MEMBER_YES(member) bool member;
#define LBX_MEMBER_LEVEL(member) enum lbx_log_level member;
#define LBX_MEMBER(kind, member, name, fallback, what) LBX_MEMBER_##kind(member)

struct lbx_settings {
    LBX_SETTINGS(LBX_MEMBER)
    /* librdkafka properties from LOCKBOX_KAFKA_*: name, value, name, value, …, NULL. */
    char **kafka_properties;
};

/* Reads the environment. LBX_ERR_INVALID: a value is malformed; *ret_why, malloc'd, names the setting and what it accepts,
 * never the value of a secret. Secrets in files are read by lbx_secret_read. Unknown LOCKBOX_* names are logged as warnings. */
enum lbx_err lbx_settings_load(struct lbx_settings *ret_settings, char **ret_why) LBX_MUST_CHECK;
void lbx_settings_done(struct lbx_settings *settings);

/* Logs why a worker cannot start with the value of a setting. Returns LBX_ERR_INVALID. */
enum lbx_err lbx_settings_refuse(const char *setting, const char *why);

/* A setting as `lockboxctl config` prints it. */
struct lbx_setting_shown {
    const char *name, *kind, *fallback, *what;
    const char *value; /* as set; "***" for a secret that is set; NULL: the default applies */
};

/* The i-th setting; false behind the last. Values are borrowed from the environment. */
bool lbx_setting_show(size_t i, struct lbx_setting_shown *ret_shown);

#endif
