/* Compares heads of logs with those in memory. Cannot fail. */
#include "known_heads.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static struct auditor_known_head *add(struct auditor_known_heads *heads,
                                      const struct lbx_claim *claim) {
    heads->list = lbx_realloc(heads->list, sizeof *heads->list * (heads->count + 1));
    struct auditor_known_head *known = &heads->list[heads->count++];
    *known = (struct auditor_known_head){.topic = strdup(lbx_claim_log(claim)),
                                         .partition = claim->partition};
    return known;
}

struct auditor_known_head *auditor_known_head(struct auditor_known_heads *heads,
                                              const struct lbx_claim *claim) {
    struct auditor_known_head *known = NULL;
    for (size_t i = 0; !known && i < heads->count; i++)
        if (heads->list[i].partition == claim->partition &&
            strcmp(heads->list[i].topic, lbx_claim_log(claim)) == 0)
            known = &heads->list[i];
    if (!known)
        known = add(heads, claim);
    if (known->epoch != claim->epoch)
        *known = (struct auditor_known_head){
            .topic = known->topic, .partition = known->partition, .epoch = claim->epoch};
    return known;
}

static bool same(const struct auditor_head *a, const struct auditor_head *b) {
    return a->size == b->size && lbx_hash_equal(&a->root, &b->root);
}

bool auditor_known_head_is(struct auditor_known_head *known, const struct auditor_head *found) {
    if (known->now.size == 0) {
        known->now = *found;
        return true;
    }
    if (!same(&known->now, found) && same(&known->before, found))
        known->now = known->before;
    return same(&known->now, found);
}

void auditor_known_head_moved(struct auditor_known_head *known, const struct auditor_head *now) {
    known->before = known->now;
    known->now = *now;
}

void auditor_known_heads_done(struct auditor_known_heads *heads) {
    for (size_t i = 0; i < heads->count; i++)
        free(heads->list[i].topic);
    free(heads->list);
    *heads = (struct auditor_known_heads){0};
}
