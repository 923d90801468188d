#include "custody.h"

#include <stdlib.h>
#include <string.h>

static struct auditor_known *add(struct auditor_custody *custody, const struct lbx_claim *claim) {
    custody->list = realloc(custody->list, sizeof *custody->list * (custody->count + 1));
    if (!custody->list)
        abort();
    struct auditor_known *known = &custody->list[custody->count++];
    *known = (struct auditor_known){.topic = strdup(claim->topic), .partition = claim->partition};
    return known;
}

struct auditor_known *auditor_custody_of(struct auditor_custody *custody,
                                         const struct lbx_claim *claim) {
    struct auditor_known *known = NULL;
    for (size_t i = 0; !known && i < custody->count; i++)
        if (custody->list[i].partition == claim->partition &&
            strcmp(custody->list[i].topic, claim->topic) == 0)
            known = &custody->list[i];
    if (!known)
        known = add(custody, claim);
    if (known->epoch != claim->epoch)
        *known = (struct auditor_known){
            .topic = known->topic, .partition = known->partition, .epoch = claim->epoch};
    return known;
}

static bool same(const struct auditor_head *a, const struct auditor_head *b) {
    return a->size == b->size && lbx_hash_equal(&a->root, &b->root);
}

bool auditor_custody_holds(struct auditor_known *known, const struct auditor_head *found) {
    if (known->now.size == 0) {
        known->now = *found;
        return true;
    }
    if (!same(&known->now, found) && same(&known->before, found))
        known->now = known->before;
    return same(&known->now, found);
}

void auditor_custody_done(struct auditor_custody *custody) {
    for (size_t i = 0; i < custody->count; i++)
        free(custody->list[i].topic);
    free(custody->list);
    *custody = (struct auditor_custody){0};
}
