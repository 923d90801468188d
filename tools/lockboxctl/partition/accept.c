/* partition accept: accepts another log in place of one that Kafka lost. The audit store is told
 * first, as in partition skip; a command interrupted between the databases is repeated. Promises
 * not to accept while Kafka has the record that was read last. Fails with the error printed. */
#include "commands.h"
#include "database.h"
#include "io/hash.h"
#include "io/reader.h"
#include "order.h"
#include "sql_ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A database's position in the partition. */
struct reading {
    int64_t number, last_offset; /* -1: nothing was read, or unknown */
    const char *log;
    unsigned char last_hash[LBX_SHA256_SIZE];
};

static enum ctl_exit read_reading(struct ctl *ctl, const struct ctl_database *database,
                                  const struct lbx_partition_order *order,
                                  struct reading *ret_reading) {
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, database, ctl_log_read, &pg, .topic = order->topic,
                                 .partition = order->partition);
    if (code != CTL_DONE)
        return code;
    const struct sql_ctl_log_read_answer it = LBX_PG_READ(pg, 0, 0, ctl_log_read, &ctl->arena);
    *ret_reading = (struct reading){
        .number = it.number, .last_offset = -1, .log = lbx_arena_strdup(&ctl->arena, it.log)};
    if (it.last_offset && it.last_hash.len == LBX_SHA256_SIZE) {
        ret_reading->last_offset = strtoll(it.last_offset, NULL, 10);
        memcpy(ret_reading->last_hash, it.last_hash.data, LBX_SHA256_SIZE);
    }
    return CTL_DONE;
}

static bool is_that_record(struct lbx_record *record, const struct reading *reading) {
    struct lbx_buf leaf LBX_BUF = {0};
    unsigned char hash[LBX_SHA256_SIZE];
    record->log_name = reading->log;
    lbx_record_leaf(record, &leaf);
    lbx_sha256_prefixed(0, leaf.data, leaf.len, hash);
    return record->offset == reading->last_offset &&
           memcmp(hash, reading->last_hash, sizeof hash) == 0;
}

/* Whether Kafka has the record that was read last. */
static enum lbx_err look(struct lbx_reader *reader, const struct lbx_partition_order *order,
                         const struct reading *reading, bool *ret_has) {
    int64_t first, behind;
    struct lbx_record record;
    *ret_has = false;
    enum lbx_err err =
        lbx_reader_ends(reader, order->topic, (int32_t)order->partition, &first, &behind);
    if (err == LBX_ERR_NOT_FOUND)
        return LBX_OK;
    if (err != LBX_OK || reading->last_offset < first || reading->last_offset >= behind)
        return err;
    err = lbx_reader_begin(reader, order->topic, (int32_t)order->partition, reading->last_offset,
                           reading->last_offset + 1);
    if (err == LBX_OK)
        err = lbx_reader_next(reader, &record);
    if (err == LBX_OK)
        *ret_has = is_that_record(&record, reading);
    return err == LBX_ERR_NOT_FOUND ? LBX_OK : err;
}

static enum ctl_exit check_replaced(struct ctl *ctl, const struct lbx_partition_order *order,
                                    const struct reading *reading) {
    struct lbx_reader *reader = NULL;
    bool has = false;
    if (reading->last_offset < 0)
        return ctl_fail(CTL_NO, "%s/%" PRId64 ": nothing was read of it that could be missing",
                        order->topic, order->partition);
    enum lbx_err err = lbx_reader_open(&ctl->settings, "lockboxctl", "lockboxctl", &reader);
    if (err == LBX_OK)
        err = look(reader, order, reading, &has);
    if (reader)
        lbx_reader_close(reader);
    if (err != LBX_OK)
        return ctl_kafka_failed(ctl->settings.kafka_bootstrap_servers, "send the record read last");
    return has ? ctl_fail(CTL_NO,
                          "%s/%" PRId64 ": Kafka has the record at offset %" PRId64
                          " that was read last: its log was not replaced",
                          order->topic, order->partition, reading->last_offset)
               : CTL_DONE;
}

static enum ctl_exit accept_in_audit(struct ctl *ctl, const struct lbx_partition_order *order,
                                     int64_t log_number) {
    struct lbx_pg *pg CTL_PG = NULL;
    return CTL_ASK(ctl, &ctl_audit, ctl_partition_accept_audit, &pg, .topic = order->topic,
                   .partition = order->partition, .number = log_number, .operator_id = order->by.id,
                   .reason = order->reason);
}

static enum ctl_exit accept_in_lockbox(struct ctl *ctl, struct lbx_partition_order *order,
                                       int64_t log_number) {
    char event_id[LBX_UUID_SIZE];
    struct lbx_buf event LBX_BUF = {0};
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = order_who_and_when(ctl, order);
    if (code != CTL_DONE)
        return code;
    order_event(ctl, LBX_EVENT_OPERATOR_PARTITION_ACCEPTED, order, event_id, &event);
    return CTL_ASK(ctl, &ctl_lockbox, ctl_partition_accept, &pg, .topic = order->topic,
                   .partition = order->partition, .number = log_number, .operator_id = order->by.id,
                   .reason = order->reason, .event_id = event_id, .event = event.data);
}

enum ctl_exit ctl_partition_accept(struct ctl *ctl) {
    struct lbx_partition_order order = {0};
    struct reading lockbox = {0}, audit = {0};
    if (!order_read_place(ctl, &order))
        return CTL_USAGE;
    enum ctl_exit code = read_reading(ctl, &ctl_lockbox, &order, &lockbox);
    if (code == CTL_DONE)
        code = read_reading(ctl, &ctl_audit, &order, &audit);
    const int64_t log_number = lockbox.number + 1;
    if (code == CTL_DONE && audit.number < log_number) {
        code = check_replaced(ctl, &order, &audit);
        if (code == CTL_DONE)
            code = accept_in_audit(ctl, &order, log_number);
    }
    order.log = lbx_arena_printf(&ctl->arena, "%" PRId64 "~%s", log_number, order.topic);
    if (code == CTL_DONE)
        code = accept_in_lockbox(ctl, &order, log_number);
    if (code == CTL_DONE)
        printf("%s/%" PRId64 ": its log is read from the beginning, as %s\n", order.topic,
               order.partition, order.log);
    return code;
}
