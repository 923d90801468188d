/* The partitions that have rows: the partition of a row, whether a partition is stuck or full, and
 * whether its leader knows the producer. Judges by delivery reports. Cannot fail. */
#include "base/clock.h"
#include "io/outbound_state.h"

#define SLOW_AFTER_US (LBX_SECOND_US / 5) /* time without a delivery report */
#define KNOWN_US (3600 * LBX_SECOND_US)   /* producer.id.expiration.ms of brokers is a day */
#define STUCK_AFTER_US LBX_SECOND_US      /* time without a delivery report */

struct lbx_outbound_lane *lbx_outbound_lane_of(struct lbx_outbound *outbound,
                                               const struct lbx_outbound_row *row) {
    int32_t known =
        outbound->many.producer ? lbx_producer_partitions(outbound->many.producer, row->topic) : 0;
    if (known > 0)
        outbound->partitions[row->topic] = known; /* kept when the producer is replaced */
    int32_t partition = lbx_producer_partition(&row->record, outbound->partitions[row->topic]);
    return &outbound->lanes[row->topic][partition >= 0 && partition < LBX_OUTBOUND_PARTITIONS
                                            ? partition
                                            : LBX_OUTBOUND_PARTITIONS];
}

/* Judges by the last step: reports that came since are not counted. */
bool lbx_outbound_lane_stuck(const struct lbx_outbound *outbound,
                             const struct lbx_outbound_lane *lane) {
    return lane->under_way > 0 && outbound->polled_us - lane->moved_us > STUCK_AFTER_US;
}

bool lbx_outbound_lane_knows(const struct lbx_outbound *outbound,
                             const struct lbx_outbound_lane *lane) {
    return lane->known_us && outbound->polled_us - lane->known_us < KNOWN_US;
}

void lbx_outbound_lanes_forget(struct lbx_outbound *outbound) {
    for (size_t i = 0; i < LBX_TOPIC_COUNT * (LBX_OUTBOUND_PARTITIONS + 1); i++)
        (&outbound->lanes[0][0] + i)->known_us = 0;
}

/* A partition that delivers is never full: its owner limits the rows. */
bool lbx_outbound_lane_full(const struct lbx_outbound *outbound,
                            const struct lbx_outbound_lane *lane) {
    return (lane->rows >= LBX_OUTBOUND_OF_PARTITION || lane->bytes >= LBX_OUTBOUND_BYTES) &&
           lane->under_way > 0 && outbound->polled_us - lane->moved_us > SLOW_AFTER_US;
}

/* Counts the rows of stuck partitions. Returns since when the first of them has been stuck. */
int64_t lbx_outbound_lanes_count_stuck(struct lbx_outbound *outbound) {
    int64_t since_us = 0;
    outbound->stuck_rows = outbound->stuck_bytes = 0;
    for (size_t i = 0; i < LBX_TOPIC_COUNT * (LBX_OUTBOUND_PARTITIONS + 1); i++) {
        const struct lbx_outbound_lane *lane = &outbound->lanes[0][0] + i;
        if (!lbx_outbound_lane_stuck(outbound, lane))
            continue;
        outbound->stuck_rows += lane->rows;
        outbound->stuck_bytes += lane->bytes;
        if (since_us == 0 || lane->moved_us < since_us)
            since_us = lane->moved_us;
    }
    return since_us;
}

size_t lbx_outbound_stuck(const struct lbx_outbound *outbound, size_t *ret_bytes) {
    *ret_bytes = outbound->stuck_bytes;
    return outbound->stuck_rows;
}
