/* Makes the content of a change from the objects that the API server has after defaulting and mutation, and
 * compares it with each open item's. Promises that an item matches only with the object after the change,
 * the object before, and the signed list of changes all equal. Fails as contents.h says. */
#include "contents.h"

#include "core/item.h"
#include "evidence.h"

#include <string.h>

static bool is(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

const char *contents_difference(const char *agreed, const char *made, struct lbx_arena *arena) {
    struct lbx_json one, other;
    struct lbx_content content = {0};
    struct lbx_reason reason;
    const char *path = lbx_content_difference(agreed, made, arena);
    if (!path || *path || !lbx_content_created(agreed, &one) || !lbx_content_created(made, &other))
        return path;
    enum lbx_err err = lbx_content_make(&(struct lbx_content_objects){&one, &other, NULL}, arena,
                                        &content, &reason);
    if ((err == LBX_OK || err == LBX_ERR_LIMIT) && content.changes.data)
        path = lbx_content_difference("[]", content.changes.data, arena);
    lbx_buf_done(&content.changes);
    return path ? path : "";
}

static const char *differs(const struct lbx_item_content *agreed, const struct lbx_content *made,
                           bool is_creation, struct lbx_arena *arena) {
    if (!is(agreed->api_version, made->api_version))
        return lbx_arena_printf(arena, "api_version is %s, and another was agreed to",
                                made->api_version);
    const char *path =
        agreed->changes ? contents_difference(agreed->changes, made->changes.data, arena) : "";
    if (path)
        return *path ? lbx_arena_printf(arena, "%.256s is not as it was agreed to", path)
                     : "the object is not as it was agreed to";
    if (!is(agreed->digest, made->digest) ||
        (!is_creation && !is(agreed->previous_digest, made->previous_digest)))
        return "the object was changed since it was agreed to";
    return NULL;
}

/* Compares the change with one item's content. NULL: they are equal. */
static const char *compare(const struct lbx_item_content *agreed,
                           const struct lbx_content_objects *objects, struct lbx_arena *arena) {
    struct lbx_content made = {0};
    struct lbx_reason reason = {{0}};
    struct lbx_json consented;
    struct lbx_content_objects all = *objects;
    all.consented =
        agreed->changes && lbx_content_created(agreed->changes, &consented) ? &consented : NULL;
    enum lbx_err err = lbx_content_make(&all, arena, &made, &reason);
    const char *why = err == LBX_OK || err == LBX_ERR_LIMIT /* no approved change is too long */
                          ? differs(agreed, &made, !objects->before, arena)
                          : lbx_arena_strdup(arena, reason.text);
    if (err == LBX_ERR_LIMIT && !why)
        why = "more changes than can be agreed to";
    lbx_buf_done(&made.changes);
    return why;
}

enum lbx_err contents_agreed(struct database *database, const char *request_id,
                             const struct lbx_attempt *attempt,
                             const struct lbx_content_objects *objects, struct lbx_arena *arena,
                             struct lbx_item_content *ret_content, const char **ret_why) {
    struct lbx_request request = {0};
    struct lbx_attempt later = *attempt;
    uint64_t open;
    later.is_asked_again = true;
    *ret_why = "nothing of it was agreed to";
    enum lbx_err err = evidence_open_items(database, request_id, arena, &request, &open);
    if (err != LBX_OK)
        return err;
    for (size_t i = 0; i < request.action_count; i++) {
        const struct lbx_item *item = &request.actions[i];
        if (!(open >> item->number & 1) || !lbx_item_covers(item, &later) ||
            strcmp(item->action, attempt->action) != 0)
            continue;
        *ret_content = item->content;
        if (!lbx_item_has_content(item) || !(*ret_why = compare(&item->content, objects, arena)))
            return LBX_OK;
    }
    return LBX_ERR_CONFLICT;
}
