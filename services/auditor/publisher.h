/* Publishes checkpoints on lockbox.checkpoints.v1, at least once and each log's in order: the
 * key is the origin, the value the signed note. Publishes also dead letters of unreadable
 * records of lockbox.accesses.v1. One auditor at a time does it, without waiting for Kafka. */
#ifndef AUDITOR_PUBLISHER_H
#define AUDITOR_PUBLISHER_H

#include "worker/rounds.h"

extern const struct lbx_rounds auditor_publisher;

#endif
