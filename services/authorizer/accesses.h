/* Publishes accesses on lockbox.accesses.v1, and says whether Kafka has them. */
#ifndef AUTHORIZER_ACCESSES_H
#define AUTHORIZER_ACCESSES_H

#include "base/arena.h"
#include "base/err.h"
#include "io/settings.h"
#include "worker/spans.h"

#include <stddef.h>

struct accesses;

/* One event. Borrowed only until accesses_publish returns. */
struct access_event {
    struct lbx_span_of span; /* of the report */
    const char *key;
    const char *value; /* structured-mode JSON */
    size_t len;
};

/* Errors as lbx_producer_open's. settings and worker are borrowed. */
enum lbx_err accesses_open(const struct lbx_settings *settings, const char *worker,
                           struct accesses **ret_accesses) LBX_MUST_CHECK;
/* Nobody publishes any more. */
void accesses_close(struct accesses *accesses);

/* The topic's name on the broker, borrowed. */
const char *accesses_topic(const struct accesses *accesses);

/* From any thread. LBX_OK: all replicas in sync have them all. LBX_ERR_UNAVAILABLE: not within a second; they may come
 * to be there all the same. LBX_ERR_REFUSED: Kafka will never take one of them. */
enum lbx_err accesses_publish(struct accesses *accesses, const struct access_event *events,
                              size_t count) LBX_MUST_CHECK;

#endif
