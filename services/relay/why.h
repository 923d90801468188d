/* Why the relay is not ready, and since when: texts for /readyz, which live as long as the process. */
#ifndef RELAY_WHY_H
#define RELAY_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RELAY_WHY_TEXTS = 8 };

struct relay_why {
    bool refused;                                           /* a row waits for an operator */
    int64_t failing_since_us, away_since_us, held_since_us; /* microseconds since 1970; 0: no */
    const char *text;                                       /* NULL: ready */
    char texts[RELAY_WHY_TEXTS][160]; /* the last texts, so that a reader has time for one */
    size_t next;
};

/* Sets what the database says: whether rows are refused, and since when rows fail. */
void relay_why_held_up(struct relay_why *why, bool refused, int64_t failing_since_us);

/* Since when Kafka does not answer, in lbx_monotonic_us; 0: it does. */
void relay_why_kafka(struct relay_why *why, int64_t since_us);

/* Since when another transaction locks a row to be marked, in microseconds since the Unix epoch;
 * 0: none does. Shown after ten seconds. */
void relay_why_held(struct relay_why *why, int64_t since_us);

const char *relay_why(const struct relay_why *why);

#endif
