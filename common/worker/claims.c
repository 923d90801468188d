/* The offset of each partition that the group assigned, in memory; consumer_offset has the
 * committed ones. Cannot fail. */
#include "worker/claims.h"

#include "base/memory.h"
#include "io/hash.h"

#include <stdlib.h>
#include <string.h>

void lbx_claims_set(struct lbx_claims *claims, const struct lbx_partition *partitions,
                    size_t count) {
    lbx_claims_done(claims);
    claims->list = lbx_calloc(sizeof *claims->list * (count + 1));
    for (size_t i = 0; i < count; i++)
        claims->list[i] =
            (struct lbx_claim){.topic = strdup(partitions[i].topic), .partition = partitions[i].id};
    claims->count = count;
}

void lbx_claims_done(struct lbx_claims *claims) {
    for (size_t i = 0; i < claims->count; i++)
        free(claims->list[i].topic), free(claims->list[i].log);
    free(claims->list);
    *claims = (struct lbx_claims){0};
}

static bool is_of(const struct lbx_claim *claim, const struct lbx_record *record) {
    return claim->partition == record->partition && strcmp(claim->topic, record->topic_name) == 0;
}

struct lbx_claim *lbx_claims_of(struct lbx_claims *claims, const struct lbx_record *record) {
    if (claims->last && is_of(claims->last, record))
        return claims->last;
    return claims->last =
               lbx_claim_find(claims->list, claims->count, record->topic_name, record->partition);
}

void lbx_claims_plan(struct lbx_claims *claims, const struct lbx_record *const *records,
                     size_t count) {
    for (size_t i = 0; i < claims->count; i++) {
        claims->list[i].batch_end = claims->list[i].next_offset;
        claims->list[i].batch_last.known = false;
    }
    /* backwards, as only the last record of each partition is hashed */
    for (size_t i = count; i > 0; i--) {
        struct lbx_claim *claim = lbx_claims_of(claims, records[i - 1]);
        if (claim->batch_last.known)
            continue;
        claim->batch_end = records[i - 1]->offset + 1;
        lbx_claims_note(records[i - 1], &claim->batch_last);
    }
}

void lbx_claims_note(const struct lbx_record *record, struct lbx_read_record *ret_read) {
    struct lbx_buf leaf LBX_BUF = {0};
    lbx_record_leaf(record, &leaf);
    lbx_sha256_prefixed(0, leaf.data, leaf.len, ret_read->hash);
    ret_read->offset = record->offset;
    ret_read->known = true;
}

void lbx_claims_advance(struct lbx_claims *claims) {
    for (size_t i = 0; i < claims->count; i++)
        if (claims->list[i].batch_end != claims->list[i].next_offset) {
            claims->list[i].next_offset = claims->list[i].batch_end;
            claims->list[i].last = claims->list[i].batch_last;
        }
}

struct lbx_partition *lbx_claims_partitions(const struct lbx_claims *claims) {
    struct lbx_partition *partitions = lbx_calloc(sizeof *partitions * (claims->count + 1));
    for (size_t i = 0; i < claims->count; i++)
        partitions[i] = (struct lbx_partition){claims->list[i].topic, claims->list[i].partition,
                                               claims->list[i].next_offset};
    return partitions;
}
