/* What an item covers, as access_check has it in SQL: a rule for each action; items that name one
 * object, and logs, imply reading. An action without a rule is not covered. Pure; cannot fail. */
#include "core/cover.h"

#include "core/item.h"

#include <string.h>

static bool is(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

/* Whether both texts are equal, or both absent. */
static bool same(const char *a, const char *b) {
    return a ? is(a, b) : !b;
}

static bool empty(const char *text) {
    return text && !*text;
}

/* An item with content covers only that content. */
static bool fits_content(const struct lbx_item *item, const struct lbx_attempt *it) {
    const struct lbx_item_content *asked = it->content, *agreed = &item->content;
    if (!lbx_item_has_content(item) || it->is_asked_again)
        return true;
    return asked && is(agreed->api_version, asked->api_version) &&
           is(agreed->digest, asked->digest) &&
           same(agreed->previous_digest, asked->previous_digest) &&
           is(agreed->changes, asked->changes);
}

static bool covers_creation(const struct lbx_item *item, const struct lbx_attempt *it) {
    bool any_name = !item->name || (it->is_asked_again && !it->name);
    return same(item->namespace, it->namespace) && is(item->kind, it->kind) &&
           (any_name || is(item->name, it->name)) && fits_content(item, it);
}

static bool covers_one(const struct lbx_item *item, const struct lbx_attempt *it) {
    return same(item->namespace, it->namespace) && is(item->kind, it->kind) &&
           is(item->name, it->name);
}

static bool covers_update(const struct lbx_item *item, const struct lbx_attempt *it) {
    return covers_one(item, it) && fits_content(item, it);
}

/* An item with a uid covers only the object with that uid. */
static bool covers_deletion(const struct lbx_item *item, const struct lbx_attempt *it) {
    return covers_one(item, it) && (!item->uid || !it->uid || is(item->uid, it->uid));
}

static bool covers_reading(const struct lbx_item *item, const struct lbx_attempt *it) {
    return (!item->namespace || is(item->namespace, it->namespace)) && is(item->kind, it->kind) &&
           (!item->name || is(item->name, it->name));
}

static bool covers_logs(const struct lbx_item *item, const struct lbx_attempt *it) {
    return is(item->namespace, it->namespace) && !it->kind &&
           (!item->name || is(item->name, it->name));
}

/* Reading that an item implies: of the object that it names, in no list of all namespaces, and of the pods whose logs it covers. */
static bool implies_reading(const struct lbx_item *item, const struct lbx_attempt *it) {
    bool logs = is(item->action, "get_pod_logs");
    return it->name && !it->in_every_namespace && same(item->namespace, it->namespace) &&
           is(logs ? "Pod" : item->kind, it->kind) &&
           (is(item->name, it->name) || (logs && !item->name));
}

bool lbx_item_covers(const struct lbx_item *item, const struct lbx_attempt *attempt) {
    static const struct {
        const char *action;
        bool (*covers)(const struct lbx_item *item, const struct lbx_attempt *attempt);
    } rules[] = {
        {"create_object", covers_creation},      {"update_object", covers_update},
        {"delete_object", covers_deletion},      {"get_pod_logs", covers_logs},
        {"list_or_get_objects", covers_reading},
    };
    if (empty(attempt->namespace) || empty(attempt->kind) || empty(attempt->name))
        return false;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (is(item->action, rules[i].action))
            return is(item->action, attempt->action) ? rules[i].covers(item, attempt)
                                                     : is(attempt->action, "list_or_get_objects") &&
                                                           implies_reading(item, attempt);
    return false;
}
