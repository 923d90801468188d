/* Why the relay is not ready, with the time since when: texts that /readyz shows, which live as long as the process. */
#ifndef RELAY_WHY_H
#define RELAY_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RELAY_WHY_TEXTS = 8 };

struct relay_why {
    bool refused;                                           /* a row waits for an operator */
    int64_t failing_since_us, away_since_us, held_since_us; /* 0: no; microseconds since 1970 */
    const char *text;                                       /* NULL: ready */
    char texts[RELAY_WHY_TEXTS][160]; /* the last ones: whoever reads one has time to */
    size_t next;
};

/* What the database says: rows that Kafka refuses, and since when rows wait that it did not take. */
void relay_why_held_up(struct relay_why *why, bool refused, int64_t failing_since_us);

/* Since when Kafka does not answer, by lbx_monotonic_us; 0: it does. */
void relay_why_kafka(struct relay_why *why, int64_t since_us);

/* Since when another transaction holds a row that is to be marked, in microseconds since 1970; 0: none does. Told once it
 * holds it for ten seconds. */
void relay_why_held(struct relay_why *why, int64_t since_us);

const char *relay_why(const struct relay_why *why);

#endif
