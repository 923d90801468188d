/* What consumer and producer share: client configuration and librdkafka's log. Internal to this folder. */
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

/* A configuration in which `defaults` give way to the user's LOCKBOX_KAFKA_* properties, and `fixed`
 * to nothing. LBX_ERR_INVALID: the client refuses a property; logged with its name. */
enum lbx_err lbx_kafka_conf(const struct lbx_settings *settings, const char *client_id,
                            const struct lbx_kafka_property *defaults,
                            const struct lbx_kafka_property *fixed, rd_kafka_conf_t **ret_conf)
    LBX_MUST_CHECK;

/* A client with threads of its own, which takes conf over. NULL: LBX_ERR_INVALID, logged. */
enum lbx_err lbx_kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret_client)
    LBX_MUST_CHECK;

/* Remembers an authorization error for lbx_kafka_denied, and says whether err is one. From any thread. */
bool lbx_kafka_note_denied(rd_kafka_resp_err_t err);

size_t lbx_kafka_header_count(const rd_kafka_message_t *message);

/* The record that a message holds, but for .topic: LBX_TOPIC_COUNT. Borrows from the message, and from
 * headers, which has room for as many as lbx_kafka_header_count says. */
struct lbx_record lbx_kafka_record(const rd_kafka_message_t *message, struct lbx_header *headers);

#endif
