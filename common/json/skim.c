#include "json/skim.h"

#include "json/scan.h"

#include <string.h>

struct skimmer {
    struct lbx_scan scan;
    struct lbx_skimmed *slots;
};

static bool skim_value(struct skimmer *s, const struct lbx_skim_node *node);

static const struct lbx_skim_node *find(const struct lbx_skim_node *nodes, size_t count,
                                        const struct lbx_scan_text *key) {
    for (size_t i = 0; i < count; i++)
        if (nodes[i].name_len == key->len && memcmp(nodes[i].name, key->at, key->len) == 0)
            return &nodes[i];
    return NULL;
}

/* Behind the opening brace. */
static bool skim_members(struct skimmer *s, const struct lbx_skim_node *node) {
    const size_t first = s->scan.key_count;
    if (lbx_scan_take(&s->scan, '}'))
        return true;
    do {
        struct lbx_scan_text key;
        if (!lbx_scan_key(&s->scan, first, &key) ||
            !skim_value(s, find(node->inside, node->inside_count, &key)))
            return false;
    } while (lbx_scan_take(&s->scan, ','));
    s->scan.key_count = first;
    return lbx_scan_take(&s->scan, '}');
}

static void forget(struct skimmer *s, const struct lbx_skim_node *node) {
    for (size_t i = 0; i < node->inside_count; i++)
        forget(s, &node->inside[i]);
    if (!node->inside)
        s->slots[node->slot] = (struct lbx_skimmed){0};
}

static bool skim_nested(struct skimmer *s, const struct lbx_skim_node *node,
                        bool (*skim)(struct skimmer *s, const struct lbx_skim_node *node)) {
    bool good = lbx_scan_enter(&s->scan) && skim(s, node);
    lbx_scan_leave(&s->scan);
    return good;
}

/* Behind the opening bracket. A list with anything but objects in it would be none to a reader; the last one
 * counts. */
static bool skim_items(struct skimmer *s, const struct lbx_skim_node *list) {
    if (lbx_scan_take(&s->scan, ']'))
        return true;
    do {
        forget(s, list);
        if (!lbx_scan_take(&s->scan, '{') || !skim_nested(s, list, skim_members))
            return false;
    } while (lbx_scan_take(&s->scan, ','));
    return lbx_scan_take(&s->scan, ']');
}

/* Behind the opening quote. */
static bool skim_string(struct skimmer *s, const struct lbx_skim_node *node) {
    struct lbx_scan_text text;
    if (!lbx_scan_string(&s->scan, &text) || !text.plain)
        return false;
    s->slots[node->slot] = (struct lbx_skimmed){text.at, text.len};
    return true;
}

static bool skim_value(struct skimmer *s, const struct lbx_skim_node *node) {
    if (!node)
        return lbx_scan_past(&s->scan);
    if (!node->inside)
        return lbx_scan_take(&s->scan, '"') ? skim_string(s, node) : lbx_scan_past(&s->scan);
    if (node->is_list)
        return lbx_scan_take(&s->scan, '[') ? skim_nested(s, node, skim_items)
                                            : lbx_scan_past(&s->scan);
    return lbx_scan_take(&s->scan, '{') ? skim_nested(s, node, skim_members)
                                        : lbx_scan_past(&s->scan);
}

bool lbx_skim(const char *text, size_t len, const struct lbx_skim_node *nodes, size_t count,
              struct lbx_skimmed *slots, size_t slot_count) {
    struct skimmer s = {.scan = {.at = text, .end = text + len}, .slots = slots};
    const struct lbx_skim_node root = {.inside = nodes, .inside_count = count};
    memset(slots, 0, sizeof *slots * slot_count);
    if (!lbx_scan_take(&s.scan, '{') || !skim_nested(&s, &root, skim_members))
        return false;
    lbx_scan_space(&s.scan);
    return s.scan.at == s.scan.end;
}
