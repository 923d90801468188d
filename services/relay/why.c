/* Makes a new text when the reason changes, as the loop compares pointers. Cannot fail. */
#include "why.h"

#include "base/clock.h"
#include "base/time.h"

#include <stdio.h>

#define HELD_MOST_US (10 * LBX_SECOND_US)

static void say(struct relay_why *why, const char *what, int64_t since_us) {
    char since[LBX_TIME_SIZE];
    char *text = why->texts[why->next++ % RELAY_WHY_TEXTS];
    lbx_time_format(since_us, since);
    snprintf(text, sizeof *why->texts, "%s since %s", what, since);
    why->text = text;
}

static void choose(struct relay_why *why) {
    if (why->away_since_us)
        say(why, "waiting for Kafka, which takes no events of some or all partitions,",
            why->away_since_us);
    else if (why->failing_since_us)
        say(why, "waiting for Kafka to take an event that it did not take: written",
            why->failing_since_us);
    else if (why->held_since_us)
        say(why, "another transaction holds a row that is to be marked:", why->held_since_us);
    else
        why->text =
            why->refused
                ? "Kafka refuses an event for good: lockboxctl outbox list shows it, an operator drops it"
                : NULL;
}

void relay_why_held_up(struct relay_why *why, bool refused, int64_t failing_since_us) {
    if (why->refused == refused && why->failing_since_us == failing_since_us)
        return;
    why->refused = refused;
    why->failing_since_us = failing_since_us;
    choose(why);
}

void relay_why_kafka(struct relay_why *why, int64_t since_us) {
    if ((since_us != 0) == (why->away_since_us != 0))
        return;
    why->away_since_us = since_us ? lbx_realtime_us() - (lbx_monotonic_us() - since_us) : 0;
    choose(why);
}

void relay_why_held(struct relay_why *why, int64_t since_us) {
    if (since_us && lbx_realtime_us() - since_us < HELD_MOST_US)
        since_us = 0;
    if (why->held_since_us == since_us)
        return;
    why->held_since_us = since_us;
    choose(why);
}

const char *relay_why(const struct relay_why *why) {
    return why->text;
}
