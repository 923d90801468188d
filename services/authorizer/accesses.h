/* Publishes accesses on lockbox.accesses.v1, and waits for Kafka's delivery reports. */
#ifndef AUTHORIZER_ACCESSES_H
#define AUTHORIZER_ACCESSES_H

#include "base/arena.h"
#include "base/err.h"
#include "io/settings.h"
#include "worker/spans.h"

#include <stddef.h>

struct accesses;

/* One event. Borrowed until accesses_publish returns. */
struct access_event {
    struct lbx_span_of span; /* of the report */
    const char *key;
    const char *value; /* JSON in structured mode */
    size_t len;
};

/* Starts the thread. Errors as lbx_producer_open. settings and worker are borrowed. */
enum lbx_err accesses_open(const struct lbx_settings *settings, const char *worker,
                           struct accesses **ret_accesses) LBX_MUST_CHECK;
/* Ends the thread. No thread publishes any more. */
void accesses_close(struct accesses *accesses);

/* The topic's name on the broker, borrowed. */
const char *accesses_topic(const struct accesses *accesses);

/* Publishes events, and waits. From any thread. LBX_OK: all in-sync replicas have all events. LBX_ERR_UNAVAILABLE:
 * no confirmation within a second; Kafka may have them. LBX_ERR_REFUSED: Kafka will never take one of them. */
enum lbx_err accesses_publish(struct accesses *accesses, const struct access_event *events,
                              size_t count) LBX_MUST_CHECK;

#endif
