/* topics create and topics check: the Kafka topics under LOCKBOX_TOPIC_PREFIX. Promises never to
 * change existing topics. check reports topics that would refuse Lockbox's records, could lose
 * records, accept records too large for workers, have another number of partitions than the
 * workers know, or fewer than the audit store has. Fails with exit code 1 where there is one. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "io/admin.h"
#include "io/denied.h"
#include "sql_ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

LBX_DEFINE_CLEANUP(struct lbx_admin *, admin, lbx_admin_close)

enum { DEFAULT_PARTITIONS = 8, REPLICAS = 3, IN_SYNC = 2, INPUT_BYTES = 1 << 20 };
enum { DEADLETTER_BYTES = 2 << 20 };

/* The checked properties of a topic, in this order everywhere. */
enum property { IN_SYNC_REPLICAS, UNCLEAN, BYTES, COMPRESSION, TIMESTAMP, RETENTION };
static const char *const properties[] = {"min.insync.replicas",
                                         "unclean.leader.election.enable",
                                         "max.message.bytes",
                                         "compression.type",
                                         "message.timestamp.type",
                                         "retention.ms",
                                         NULL};

/* Whether a topic has one partition: checkpoints are few, and must be in order. */
static bool has_one_partition(size_t topic) {
    return topic == LBX_TOPIC_CHECKPOINTS;
}

/* Whether ticketing systems, portals or enforcement points write the topic. */
static bool is_input(size_t topic) {
    return topic == LBX_TOPIC_TICKETS || topic == LBX_TOPIC_TENANTS ||
           topic == LBX_TOPIC_DECISIONS || topic == LBX_TOPIC_ACCESSES;
}

/* The largest record that Lockbox writes to the topic: an event as received, or a dead letter
 * with its headers. */
static int64_t least_bytes(const struct ctl *ctl, size_t topic) {
    return topic == LBX_TOPIC_DEADLETTER ? DEADLETTER_BYTES : ctl->settings.max_event_bytes;
}

/* The largest record that workers hold in memory; INT64_MAX: only Lockbox writes the topic. */
static int64_t most_bytes(const struct ctl *ctl, size_t topic) {
    int64_t most =
        ctl->settings.max_event_bytes > INPUT_BYTES ? ctl->settings.max_event_bytes : INPUT_BYTES;
    return is_input(topic) ? most : INT64_MAX;
}

static void say_dev(const struct ctl *ctl) {
    if (ctl->options[CTL_DEV])
        ctl_fail(CTL_DONE, "--dev: one broker is enough; where it is lost, records are lost");
}

static enum ctl_exit failed(const struct ctl *ctl, enum lbx_err err) {
    const char *brokers = ctl->settings.kafka_bootstrap_servers;
    if (err == LBX_ERR_UNAVAILABLE || lbx_kafka_denied())
        return ctl_kafka_failed(brokers, "answer");
    if (err == LBX_ERR_INVALID)
        return ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    return ctl_fail(CTL_NO,
                    "Kafka at %s refuses: the principal needs Create, Describe and "
                    "DescribeConfigs on the topics",
                    brokers);
}

/* ---- create ---- */

static const char *outcome(const struct lbx_topic_wish *wish) {
    if (wish->ret_err == LBX_OK)
        return "created";
    return wish->ret_err == LBX_ERR_CONFLICT ? "exists" : "failed";
}

static enum ctl_exit report_created(struct ctl *ctl, const struct lbx_topic_wish *wishes) {
    static const struct ctl_column columns[] = {{"topic"}, {"state", CTL_CELL_STATE}};
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    enum ctl_exit code = CTL_DONE;
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++) {
        const char *cells[] = {wishes[i].name, outcome(&wishes[i])};
        ctl_rows_add(&rows, cells);
        if (strcmp(cells[1], "failed") == 0)
            code = ctl_fail(CTL_NO, "%s was not created: %s", wishes[i].name, wishes[i].ret_why);
    }
    ctl_rows_print(&rows, ctl->format);
    return code;
}

static void configure(struct lbx_topic_wish *wish, const char *name, const char *value) {
    size_t i = 0;
    while (wish->config[i][0])
        i++;
    wish->config[i][0] = name;
    wish->config[i][1] = value;
}

static void wish_for(struct ctl *ctl, size_t topic, int64_t partitions, int64_t replication,
                     struct lbx_topic_wish *ret_wish) {
    *ret_wish = (struct lbx_topic_wish){
        .name = ctl_topic(ctl, (enum lbx_topic)topic),
        .partitions = has_one_partition(topic) ? 1 : (int)partitions,
        .replication = (int)replication,
    };
    configure(ret_wish, "cleanup.policy", "delete");
    configure(ret_wish, "retention.ms", "-1");
    configure(ret_wish, "retention.bytes", "-1");
    configure(ret_wish, properties[IN_SYNC_REPLICAS], ctl->options[CTL_DEV] ? "1" : "2");
    configure(ret_wish, properties[UNCLEAN], "false");
    if (is_input(topic) || topic == LBX_TOPIC_DEADLETTER)
        configure(ret_wish, properties[BYTES],
                  lbx_arena_printf(&ctl->arena, "%" PRId64,
                                   is_input(topic) ? most_bytes(ctl, topic) : DEADLETTER_BYTES));
    if (!is_input(topic))
        return;
    configure(ret_wish, properties[COMPRESSION], "uncompressed");
    configure(ret_wish, properties[TIMESTAMP], "LogAppendTime");
}

enum ctl_exit ctl_topics_create(struct ctl *ctl) {
    int64_t partitions, replication;
    bool dev = ctl->options[CTL_DEV];
    if (!ctl_number(ctl, CTL_PARTITIONS, 10000, DEFAULT_PARTITIONS, &partitions) ||
        !ctl_number(ctl, CTL_REPLICATION, 100, dev ? 1 : REPLICAS, &replication))
        return CTL_USAGE;
    if (!dev && replication < REPLICAS)
        return ctl_fail(CTL_USAGE, "--replication is %d at least, unless --dev is given", REPLICAS);
    struct lbx_topic_wish wishes[LBX_TOPIC_COUNT];
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++)
        wish_for(ctl, i, partitions, replication, &wishes[i]);
    struct lbx_admin *admin LBX_CLEANUP(lbx_cleanup_admin) = NULL;
    enum lbx_err err = lbx_admin_open(&ctl->settings, "lockboxctl", &admin);
    if (err == LBX_OK)
        err = lbx_admin_create(admin, wishes, LBX_TOPIC_COUNT);
    if (err != LBX_OK)
        return failed(ctl, err);
    say_dev(ctl);
    return report_created(ctl, wishes);
}

/* ---- check ---- */

static int64_t number_of(const struct lbx_topic_look *look, enum property property) {
    return strtoll(look->ret_config[property], NULL, 10);
}

static const char *is_not(struct ctl *ctl, const struct lbx_topic_look *look,
                          enum property property, const char *must) {
    return lbx_arena_printf(
        &ctl->arena,
        "%s is %s, and must be %s (kafka-configs.sh --alter --entity-type topics "
        "--entity-name %s --add-config %s=…)",
        properties[property], look->ret_config[property], must, look->name, properties[property]);
}

/* Why a record could be lost with one broker; NULL: it could not. */
static const char *loses(struct ctl *ctl, const struct lbx_topic_look *look) {
    bool dev = ctl->options[CTL_DEV];
    if (!dev && look->ret_replication < REPLICAS)
        return lbx_arena_printf(
            &ctl->arena,
            "has %d replicas, and must have at least %d (kafka-reassign-partitions.sh; "
            "--dev where one broker is enough)",
            look->ret_replication, REPLICAS);
    if (!dev && number_of(look, IN_SYNC_REPLICAS) < IN_SYNC)
        return is_not(ctl, look, IN_SYNC_REPLICAS, "at least 2");
    return strcmp(look->ret_config[UNCLEAN], "false") == 0 ? NULL
                                                           : is_not(ctl, look, UNCLEAN, "false");
}

/* Why the topic accepts bad records: compressed ones can be of any size when read, and producers set CreateTime. NULL: not so. */
static const char *takes(struct ctl *ctl, size_t topic, const struct lbx_topic_look *look) {
    int64_t bytes = number_of(look, BYTES), least = least_bytes(ctl, topic),
            most = most_bytes(ctl, topic);
    if (bytes < least)
        return is_not(ctl, look, BYTES, lbx_arena_printf(&ctl->arena, "at least %" PRId64, least));
    if (bytes > most)
        return is_not(ctl, look, BYTES, lbx_arena_printf(&ctl->arena, "at most %" PRId64, most));
    if (is_input(topic) && strcmp(look->ret_config[COMPRESSION], "uncompressed") != 0)
        return is_not(ctl, look, COMPRESSION, "uncompressed");
    if (is_input(topic) && strcmp(look->ret_config[TIMESTAMP], "LogAppendTime") != 0)
        return is_not(ctl, look, TIMESTAMP, "LogAppendTime");
    return NULL;
}

/* What is wrong with a topic; NULL: nothing. partitions 0: any number. */
static const char *problem(struct ctl *ctl, size_t topic, const struct lbx_topic_look *look,
                           int64_t partitions) {
    int64_t wanted = has_one_partition(topic) ? 1 : partitions;
    if (!look->ret_partitions)
        return "there is no such topic: run lockboxctl topics create";
    if (wanted && look->ret_partitions != wanted)
        return lbx_arena_printf(&ctl->arena, "has %d partitions instead of %lld",
                                look->ret_partitions, (long long)wanted);
    const char *wrong = takes(ctl, topic, look);
    return wrong ? wrong : loses(ctl, look);
}

static const char *kept_for(struct ctl *ctl, const struct lbx_topic_look *look) {
    int64_t ms = number_of(look, RETENTION);
    return ms < 0 ? "for ever" : lbx_arena_printf(&ctl->arena, "%" PRId64 " h", ms / 3600000);
}

static void add_row(struct ctl *ctl, const struct lbx_topic_look *look, const char *wrong,
                    struct ctl_rows *rows) {
    bool is_there = look->ret_partitions > 0;
    const char *cells[] = {
        look->name,
        lbx_arena_printf(&ctl->arena, "%d", look->ret_partitions),
        is_there ? lbx_arena_printf(&ctl->arena, "%d", look->ret_replication) : NULL,
        is_there ? look->ret_config[IN_SYNC_REPLICAS] : NULL,
        is_there ? look->ret_config[BYTES] : NULL,
        is_there ? look->ret_config[RETENTION] : NULL,
        is_there ? kept_for(ctl, look) : NULL,
        !is_there ? "missing"
        : wrong   ? "wrong"
                  : "ok",
        wrong,
    };
    ctl_rows_add(rows, cells);
}

/* problems: of each topic, or NULL. */
static enum ctl_exit report_checked(struct ctl *ctl, const struct lbx_topic_look *looks,
                                    const char *const *problems) {
    static const struct ctl_column columns[] = {
        {"topic"},
        {"partitions", CTL_CELL_NUMBER},
        {"replication", CTL_CELL_NUMBER},
        {"in_sync", CTL_CELL_NUMBER},
        {"max_message_bytes", CTL_CELL_NUMBER, .fits = true},
        {"retention_ms", CTL_CELL_NUMBER, .wide = true},
        {"kept", .in_tables = true, .fits = true},
        {"state", CTL_CELL_STATE},
        {"problem", .wide = true},
    };
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    enum ctl_exit code = CTL_DONE;
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++) {
        add_row(ctl, &looks[i], problems[i], &rows);
        if (problems[i])
            code = ctl_fail(CTL_NO, "%s: %s", looks[i].name, problems[i]);
    }
    ctl_rows_print(&rows, ctl->format);
    return code;
}

/* Compares partitions: a worker that knows more of them has read records that are lost; one that
 * knows fewer leaves some unread. */
static void compare_partitions(struct ctl *ctl, const struct lbx_pg *pg,
                               const struct lbx_topic_look *look, const char **problem) {
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0) && look->ret_partitions && !*problem;
         row++) {
        const struct sql_ctl_topic_partitions_answer it =
            LBX_PG_READ(pg, 0, row, ctl_topic_partitions, NULL);
        if (strcmp(it.topic, look->name) == 0 && it.partitions != look->ret_partitions)
            *problem = lbx_arena_printf(&ctl->arena, "has %d partitions, and %s knows %d",
                                        look->ret_partitions, it.consumer, (int)it.partitions);
    }
}

/* A partition of which the audit store has records, and Kafka none, is lost. */
static void compare_stored(struct ctl *ctl, const struct lbx_pg *pg,
                           const struct lbx_topic_look *look, const char **problem) {
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0) && look->ret_partitions && !*problem;
         row++) {
        const struct sql_ctl_audit_partitions_answer it =
            LBX_PG_READ(pg, 0, row, ctl_audit_partitions, NULL);
        if (strcmp(it.topic, look->name) == 0 && it.partitions > look->ret_partitions)
            *problem = lbx_arena_printf(&ctl->arena,
                                        "has %d partitions, and the audit store has records of %d",
                                        look->ret_partitions, (int)it.partitions);
    }
}

static bool is_set(const char *setting) {
    struct lbx_setting_shown shown;
    for (size_t i = 0; lbx_setting_show(i, &shown); i++)
        if (strcmp(shown.name, setting) == 0)
            return shown.value != NULL;
    return false;
}

/* Asks the audit store, if there is a login that may: other people may run it. *ret_pg NULL: nothing was answered. */
static enum ctl_exit ask_audit(const struct ctl *ctl, struct lbx_pg **ret_pg) {
    if (!is_set(ctl_audit.setting))
        return ctl_fail(CTL_DONE, "the audit store was not asked: %s is not set",
                        ctl_audit.setting);
    enum ctl_exit code = ctl_ask(ctl, &ctl_audit, &sql_ctl_audit_partitions, NULL, ret_pg);
    if (code == CTL_DONE)
        return code;
    lbx_pg_close(*ret_pg);
    *ret_pg = NULL;
    return code == CTL_NO ? ctl_fail(CTL_DONE, "the audit store did not answer: its partitions are "
                                               "not compared")
                          : code;
}

static enum ctl_exit check(struct ctl *ctl, const struct lbx_topic_look *looks,
                           int64_t partitions) {
    const char *problems[LBX_TOPIC_COUNT];
    struct lbx_pg *pg CTL_PG = NULL, *audit CTL_PG = NULL;
    enum ctl_exit asked =
        CTL_ASK(ctl, &ctl_lockbox, ctl_topic_partitions, &pg, .prefix = ctl->settings.group_prefix);
    enum ctl_exit asked_audit = ask_audit(ctl, &audit);
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++) {
        problems[i] = problem(ctl, i, &looks[i], partitions);
        if (asked == CTL_DONE)
            compare_partitions(ctl, pg, &looks[i], &problems[i]);
        if (audit)
            compare_stored(ctl, audit, &looks[i], &problems[i]);
    }
    say_dev(ctl);
    enum ctl_exit code = report_checked(ctl, looks, problems);
    asked = asked_audit > asked ? asked_audit : asked;
    return code == CTL_DONE ? asked : code;
}

enum ctl_exit ctl_topics_check(struct ctl *ctl) {
    int64_t partitions;
    if (!ctl_number(ctl, CTL_PARTITIONS, 10000, 0, &partitions))
        return CTL_USAGE;
    struct lbx_topic_look looks[LBX_TOPIC_COUNT];
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++)
        looks[i] = (struct lbx_topic_look){.name = ctl_topic(ctl, (enum lbx_topic)i),
                                           .config = properties};
    struct lbx_admin *admin LBX_CLEANUP(lbx_cleanup_admin) = NULL;
    enum lbx_err err = lbx_admin_open(&ctl->settings, "lockboxctl", &admin);
    if (err == LBX_OK)
        err = lbx_admin_look(admin, looks, LBX_TOPIC_COUNT);
    return err == LBX_OK ? check(ctl, looks, partitions) : failed(ctl, err);
}
