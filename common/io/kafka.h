/* The client configuration of consumer and producer, and librdkafka's log. Internal to this folder. */
#ifndef LBX_IO_KAFKA_H
#define LBX_IO_KAFKA_H

#include "base/err.h"
#include "event/record.h"
#include "io/settings.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct lbx_kafka_property {
    const char *name, *value; /* name NULL ends a list */
};

/* Makes a configuration: LOCKBOX_KAFKA_* properties override `defaults`, and `fixed` overrides
 * both. LBX_ERR_INVALID: librdkafka refuses a property; logged with its name. */
enum lbx_err lbx_kafka_conf(const struct lbx_settings *settings, const char *client_id,
                            const struct lbx_kafka_property *defaults,
                            const struct lbx_kafka_property *fixed, rd_kafka_conf_t **ret_conf)
    LBX_MUST_CHECK;

/* Makes a client, with threads of its own; the client owns conf. NULL: LBX_ERR_INVALID, logged. */
enum lbx_err lbx_kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret_client)
    LBX_MUST_CHECK;

/* Returns whether err is an authorization error, and keeps it for lbx_kafka_denied. From any thread. */
bool lbx_kafka_note_denied(rd_kafka_resp_err_t err);

size_t lbx_kafka_header_count(const rd_kafka_message_t *message);

/* The record of a message, with .topic LBX_TOPIC_COUNT. Borrows from the message and from
 * headers, which has room for lbx_kafka_header_count. */
struct lbx_record lbx_kafka_record(const rd_kafka_message_t *message, struct lbx_header *headers);

#endif
