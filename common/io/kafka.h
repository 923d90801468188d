/* What consumer and producer share: client configuration and librdkafka's log. Internal to this folder. */
#ifndef LBX_IO_KAFKA_H
#define LBX_IO_KAFKA_H

#include "base/err.h"
#include "io/settings.h"

#include <librdkafka/rdkafka.h>

struct lbx_kafka_property {
    const char *name, *value; /* name NULL ends a list */
};

/* A configuration in which `defaults` give way to the user's LOCKBOX_KAFKA_* properties, and `fixed`
 * to nothing. LBX_ERR_INVALID: the client refuses a property; logged with its name. */
enum lbx_err lbx_kafka_conf(const struct lbx_settings *settings, const char *client_id,
                            const struct lbx_kafka_property *defaults,
                            const struct lbx_kafka_property *fixed, rd_kafka_conf_t **ret_conf)
    LBX_MUST_CHECK;

#endif
