/* topics create and topics check: the Kafka topics under LOCKBOX_TOPIC_PREFIX. Topics that exist
 * are never changed; check says with exit code 1 which of them would not take what Lockbox writes.
 */
#include "commands.h"

#include "arguments.h"
#include "io/admin.h"

#include <stdio.h>
#include <string.h>

LBX_DEFINE_CLEANUP(struct lbx_admin *, admin, lbx_admin_close)

enum { DEFAULT_PARTITIONS = 8, DEADLETTER_BYTES = 2 << 20 };

/* Checkpoints are one log each, and few: one partition keeps them in order. */
static bool has_one_partition(size_t topic) {
    return topic == LBX_TOPIC_CHECKPOINTS;
}

/* The largest record that is written there: an event as received, or a dead letter with its
 * headers. */
static int64_t least_bytes(const struct ctl *ctl, size_t topic) {
    return topic == LBX_TOPIC_DEADLETTER ? DEADLETTER_BYTES : ctl->settings.max_event_bytes;
}

static enum ctl_exit failed(const struct ctl *ctl, enum lbx_err err) {
    const char *brokers = ctl->settings.kafka_bootstrap_servers;
    if (err == LBX_ERR_UNAVAILABLE)
        return ctl_fail(CTL_UNREACHABLE,
                        "no answer from Kafka at %s: check LOCKBOX_KAFKA_BOOTSTRAP_SERVERS",
                        brokers);
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

enum ctl_exit ctl_topics_create(struct ctl *ctl) {
    int64_t partitions, replication;
    if (!ctl_number(ctl, CTL_PARTITIONS, 10000, DEFAULT_PARTITIONS, &partitions) ||
        !ctl_number(ctl, CTL_REPLICATION, 100, -1, &replication))
        return CTL_USAGE;
    struct lbx_topic_wish wishes[LBX_TOPIC_COUNT];
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++) {
        wishes[i] = (struct lbx_topic_wish){
            .name = ctl_topic(ctl, (enum lbx_topic)i),
            .partitions = has_one_partition(i) ? 1 : (int)partitions,
            .replication = (int)replication,
            .config = {{"cleanup.policy", "delete"},
                       {"retention.ms", "-1"},
                       {"retention.bytes", "-1"}},
        };
        if (i == LBX_TOPIC_DEADLETTER) {
            wishes[i].config[3][0] = "max.message.bytes";
            wishes[i].config[3][1] = lbx_arena_printf(&ctl->arena, "%d", DEADLETTER_BYTES);
        }
    }
    struct lbx_admin *admin LBX_CLEANUP(lbx_cleanup_admin) = NULL;
    enum lbx_err err = lbx_admin_open(&ctl->settings, "lockboxctl", &admin);
    if (err == LBX_OK)
        err = lbx_admin_create(admin, wishes, LBX_TOPIC_COUNT);
    return err == LBX_OK ? report_created(ctl, wishes) : failed(ctl, err);
}

/* ---- check ---- */

/* What is wrong with a topic; NULL: nothing. partitions 0: as many as it likes. */
static const char *problem(struct ctl *ctl, size_t topic, const struct lbx_topic_look *look,
                           int64_t partitions) {
    int64_t wanted = has_one_partition(topic) ? 1 : partitions;
    if (!look->ret_partitions)
        return "there is no such topic: run lockboxctl topics create";
    if (wanted && look->ret_partitions != wanted)
        return lbx_arena_printf(&ctl->arena, "has %d partitions instead of %lld",
                                look->ret_partitions, (long long)wanted);
    if (look->ret_max_message_bytes < least_bytes(ctl, topic))
        return lbx_arena_printf(&ctl->arena, "max.message.bytes is %lld, and must be at least %lld",
                                (long long)look->ret_max_message_bytes,
                                (long long)least_bytes(ctl, topic));
    return NULL;
}

static enum ctl_exit report_checked(struct ctl *ctl, const struct lbx_topic_look *looks,
                                    int64_t partitions) {
    static const struct ctl_column columns[] = {
        {"topic"},
        {"partitions", CTL_CELL_NUMBER},
        {"replication", CTL_CELL_NUMBER},
        {"max_message_bytes", CTL_CELL_NUMBER},
        {"retention_ms", CTL_CELL_NUMBER},
        {"state", CTL_CELL_STATE},
        {"problem", .wide = true},
    };
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    enum ctl_exit code = CTL_DONE;
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++) {
        const struct lbx_topic_look *look = &looks[i];
        bool is_there = look->ret_partitions > 0;
        const char *wrong = problem(ctl, i, look, partitions);
        const char *cells[] = {
            look->name,
            lbx_arena_printf(&ctl->arena, "%d", look->ret_partitions),
            is_there ? lbx_arena_printf(&ctl->arena, "%d", look->ret_replication) : NULL,
            is_there ? lbx_arena_printf(&ctl->arena, "%lld", (long long)look->ret_max_message_bytes)
                     : NULL,
            is_there ? lbx_arena_printf(&ctl->arena, "%lld", (long long)look->ret_retention_ms)
                     : NULL,
            !is_there ? "missing"
            : wrong   ? "wrong"
                      : "ok",
            wrong,
        };
        ctl_rows_add(&rows, cells);
        if (wrong)
            code = ctl_fail(CTL_NO, "%s: %s", look->name, wrong);
    }
    ctl_rows_print(&rows, ctl->format);
    return code;
}

enum ctl_exit ctl_topics_check(struct ctl *ctl) {
    int64_t partitions;
    if (!ctl_number(ctl, CTL_PARTITIONS, 10000, 0, &partitions))
        return CTL_USAGE;
    struct lbx_topic_look looks[LBX_TOPIC_COUNT];
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++)
        looks[i] = (struct lbx_topic_look){.name = ctl_topic(ctl, (enum lbx_topic)i)};
    struct lbx_admin *admin LBX_CLEANUP(lbx_cleanup_admin) = NULL;
    enum lbx_err err = lbx_admin_open(&ctl->settings, "lockboxctl", &admin);
    if (err == LBX_OK)
        err = lbx_admin_look(admin, looks, LBX_TOPIC_COUNT);
    return err == LBX_OK ? report_checked(ctl, looks, partitions) : failed(ctl, err);
}
