/* Publishes checkpoints on lockbox.checkpoints.v1, each at least once, each log's in order: the key is the
 * origin, the value the signed note; and the dead letters of records of lockbox.accesses.v1 that cannot be read. One auditor of all does it, and never waits for Kafka.
 */
#ifndef AUDITOR_PUBLISHER_H
#define AUDITOR_PUBLISHER_H

#include "worker/rounds.h"

extern const struct lbx_rounds auditor_publisher;

#endif
