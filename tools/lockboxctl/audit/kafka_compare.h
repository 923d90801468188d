/* Compares a log's rows with Kafka's records. */
#ifndef LOCKBOXCTL_AUDIT_KAFKA_COMPARE_H
#define LOCKBOXCTL_AUDIT_KAFKA_COMPARE_H

#include "verifier.h"

struct kafka_compare {
    struct verifier *verifier;
    const struct log *log;
    int64_t first; /* Kafka's log start offset */
    struct lbx_record record;
    bool has;             /* record is the next one to compare */
    int64_t next, behind; /* next offset to read, and the end */
    struct lbx_buf scratch;
};

/* All functions do nothing for a verifier without Kafka. */
void kafka_compare_begin(struct kafka_compare *compare, struct verifier *verifier,
                         const struct log *log);
void kafka_compare_done(struct kafka_compare *compare);

/* Compares a row with Kafka's record. To be called in the order of offsets. */
void kafka_compare_row(struct kafka_compare *compare, const struct checked *row);

/* Says that the store has no further row below this offset. */
void kafka_compare_before(struct kafka_compare *compare, int64_t offset);

#endif
