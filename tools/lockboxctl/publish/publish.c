/* Writes events as Kafka records, sends them, and waits for the brokers. Promises to decode each
 * event first as its consumer does. Fails with the field's name where an event would be
 * quarantined. */
#include "publish.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/time.h"
#include "base/uuid.h"
#include "event/envelope.h"
#include "io/denied.h"
#include "io/producer.h"

#include <stdio.h>
#include <string.h>

#define CONTENT_TYPE "application/cloudevents+json; charset=UTF-8"

enum { DELIVERY_S = 10, POLL_MS = 100 };

LBX_DEFINE_CLEANUP(struct lbx_producer *, producer, lbx_producer_close)

void ctl_event_id(char ret_id[LBX_UUID_SIZE]) {
    unsigned char random[LBX_UUID_RANDOM];
    lbx_random_bytes(random, sizeof random);
    lbx_uuid_v7(lbx_realtime_us(), random, ret_id);
}

void ctl_message_done(struct ctl_message *m) {
    lbx_buf_done(&m->value);
}

static void write_value(const struct ctl_message *m, enum lbx_event_type type, const char *subject,
                        const void *data, struct lbx_buf *out) {
    const struct lbx_event_out event = {
        .type = type,
        .id = m->event_id,
        .source = "/lockboxctl",
        .subject = subject,
        .time = lbx_realtime_us(),
        .data = data,
    };
    lbx_event_encode(&event, out);
}

bool ctl_message_write(struct ctl *ctl, enum lbx_event_type type, const char *key, const void *data,
                       struct ctl_message *m) {
    enum lbx_topic topic = lbx_event_type_info(type)->topic;
    ctl_event_id(m->event_id);
    write_value(m, type, key, data, &m->value);
    m->content_type = (struct lbx_header){"content-type", CONTENT_TYPE, sizeof CONTENT_TYPE - 1};
    m->record = (struct lbx_record){
        .topic = topic,
        .topic_name = ctl_topic(ctl, topic),
        .key = key,
        .key_len = strlen(key),
        .value = m->value.data,
        .value_len = m->value.len,
        .headers = &m->content_type,
        .header_count = 1,
    };
    struct lbx_event read_back;
    struct lbx_reason reason;
    if (lbx_event_decode(&m->record, (size_t)ctl->settings.max_event_bytes, &ctl->arena, &read_back,
                         &reason) == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "its reader would reject this: %s; see lockboxctl %s --help", reason.text,
             ctl->command->name);
    return false;
}

/* ---- Kafka ---- */

struct delivery {
    const struct lbx_producer *producer;
    bool reported;
    enum lbx_err err;
    struct ctl_place place;
};

static void delivered(void *record_context, enum lbx_err err) {
    struct delivery *delivery = record_context;
    delivery->reported = true;
    delivery->err = err;
    lbx_producer_place(delivery->producer, &delivery->place.partition, &delivery->place.offset);
}

static enum lbx_err send_and_wait(const struct ctl *ctl, const struct lbx_record *record,
                                  struct ctl_place *ret_place) {
    struct delivery delivery = {.err = LBX_ERR_UNAVAILABLE};
    struct lbx_producer *producer LBX_CLEANUP(lbx_cleanup_producer) = NULL;
    enum lbx_err err = lbx_producer_open(&ctl->settings, "lockboxctl", delivered, &producer);
    delivery.producer = producer;
    if (err == LBX_OK)
        err = lbx_producer_send(producer, record->topic, record, &delivery);
    if (err != LBX_OK)
        return err;
    int64_t deadline = lbx_monotonic_us() + DELIVERY_S * LBX_SECOND_US;
    while (!delivery.reported && lbx_monotonic_us() < deadline)
        lbx_producer_poll(producer, POLL_MS);
    err = delivery.err;
    *ret_place = delivery.place;
    lbx_producer_close(producer); /* before `delivery` ends: a late report is written to it */
    producer = NULL;
    return err;
}

enum ctl_exit ctl_send(const struct ctl *ctl, const struct lbx_record *record,
                       struct ctl_place *ret_place) {
    *ret_place = (struct ctl_place){0};
    enum lbx_err err = send_and_wait(ctl, record, ret_place);
    if (err == LBX_OK)
        return CTL_DONE;
    if (err == LBX_ERR_UNAVAILABLE && lbx_kafka_denied())
        return ctl_kafka_failed(ctl->settings.kafka_bootstrap_servers, "take the record");
    if (err == LBX_ERR_UNAVAILABLE)
        return ctl_fail(
            CTL_UNREACHABLE,
            "Kafka at %s did not confirm the record within %d s; whether it has it is "
            "unknown. Check LOCKBOX_KAFKA_BOOTSTRAP_SERVERS and lockboxctl topics check",
            ctl->settings.kafka_bootstrap_servers, DELIVERY_S);
    if (err == LBX_ERR_INVALID)
        return ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    return ctl_fail(CTL_NO,
                    "Kafka refuses the record: the principal must be allowed to write to %s",
                    record->topic_name);
}

enum ctl_exit ctl_publish(const struct ctl *ctl, const struct ctl_message *m) {
    if (ctl->options[CTL_DRY_RUN]) {
        printf("%.*s\n", (int)m->value.len, m->value.data);
        return CTL_DONE;
    }
    struct ctl_place place;
    enum ctl_exit code = ctl_send(ctl, &m->record, &place);
    if (code == CTL_DONE)
        printf("%s\n", m->event_id);
    return code;
}
