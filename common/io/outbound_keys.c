/* The order keys that have rows: a hash table by name, and a list of all keys. Cannot fail. */
#include "base/memory.h"
#include "io/outbound_state.h"

#include <stdlib.h>
#include <string.h>

static size_t bucket_of(const char *name) {
    size_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash % LBX_OUTBOUND_BUCKETS;
}

struct lbx_outbound_key *lbx_outbound_key_find(const struct lbx_outbound *outbound,
                                               const char *name) {
    struct lbx_outbound_key *key = outbound->buckets[bucket_of(name)];
    while (key && strcmp(key->name, name) != 0)
        key = key->next_in_bucket;
    return key;
}

struct lbx_outbound_key *lbx_outbound_key_make(struct lbx_outbound *outbound, const char *name) {
    struct lbx_outbound_key *key = lbx_calloc(sizeof *key + strlen(name) + 1);
    struct lbx_outbound_key **bucket = &outbound->buckets[bucket_of(name)];
    memcpy(key->name, name, strlen(name) + 1);
    key->next_in_bucket = *bucket;
    *bucket = key;
    key->next = outbound->keys;
    key->link = &outbound->keys;
    if (key->next)
        key->next->link = &key->next;
    outbound->keys = key;
    return key;
}

void lbx_outbound_key_drop(struct lbx_outbound *outbound, struct lbx_outbound_key *key) {
    struct lbx_outbound_key **at = &outbound->buckets[bucket_of(key->name)];
    while (*at != key)
        at = &(*at)->next_in_bucket;
    *at = key->next_in_bucket;
    *key->link = key->next;
    if (key->next)
        key->next->link = key->link;
    free(key);
}
