/* Makes the content of a change from the object before and after. Promises that each is parsed once. Fails as content.h says. */
#include "content/values.h"

#include <stdio.h>
#include <string.h>

static enum lbx_err wrong(struct lbx_reason *ret_reason, const char *what) {
    (void)snprintf(ret_reason->text, sizeof ret_reason->text, "object: %s", what);
    return LBX_ERR_INVALID;
}

/* The value as a tree; NULL: absent, or not an object. */
static struct lbx_node *object_of(const struct lbx_json *value, struct lbx_arena *arena,
                                  struct lbx_reason *ret_reason) {
    struct lbx_node *object = !value          ? NULL
                              : value->parsed ? lbx_node_of(value->parsed, arena)
                              : value->text
                                  ? lbx_node_parse(value->text, value->len, arena, ret_reason)
                                  : NULL;
    return object && object->type == LBX_NODE_OBJECT ? object : NULL;
}

static bool is_same_member(const struct lbx_node *a, const struct lbx_node *b, const char *name) {
    return lbx_node_is_same_text(lbx_node_member(a, name), lbx_node_member(b, name));
}

static bool is_of_same_kind(const struct lbx_node *a, const struct lbx_node *b) {
    return is_same_member(a, b, "apiVersion") && is_same_member(a, b, "kind");
}

/* The digest of an object in normal form, in hex. */
static bool digest(const struct lbx_node *object, char ret_hex[LBX_SHA256_HEX_SIZE],
                   const char **ret_why) {
    struct lbx_buf text LBX_BUF = {0};
    if (!lbx_canonical_add(object, &text, ret_why))
        return false;
    lbx_sha256_hex(text.data, text.len, ret_hex);
    return true;
}

static void describe(const struct lbx_node *object, struct lbx_arena *arena,
                     struct lbx_content *ret_content) {
    const struct lbx_node *metadata = lbx_node_member(object, "metadata");
    ret_content->api_version = lbx_node_text(lbx_node_member(object, "apiVersion"), arena);
    ret_content->kind = lbx_node_text(lbx_node_member(object, "kind"), arena);
    ret_content->namespace = lbx_node_text(lbx_node_member(metadata, "namespace"), arena);
    ret_content->name = lbx_node_text(lbx_node_member(metadata, "name"), arena);
}

static enum lbx_err make(struct lbx_node *before, struct lbx_node *after,
                         const struct lbx_node *consented, struct lbx_arena *arena,
                         struct lbx_content *ret_content, struct lbx_reason *ret_reason) {
    const char *why = "";
    describe(after, arena, ret_content);
    if (!ret_content->api_version || !ret_content->kind || !ret_content->name)
        return wrong(ret_reason, "without apiVersion, kind or name");
    if (before && !is_of_same_kind(before, after))
        return wrong(ret_reason, "another kind or apiVersion than before");
    lbx_normalize(after, before == NULL, consented);
    if (before)
        lbx_normalize(before, false, NULL);
    if (!digest(after, ret_content->digest, &why) ||
        (before && !digest(before, ret_content->previous_digest, &why)) ||
        !lbx_changes_add(before, after, &ret_content->changes, &why))
        return wrong(ret_reason, why);
    return ret_content->changes.len <= LBX_CONTENT_CHANGES_MAX ? LBX_OK : LBX_ERR_LIMIT;
}

enum lbx_err lbx_content_make(const struct lbx_content_objects *objects, struct lbx_arena *arena,
                              struct lbx_content *ret_content, struct lbx_reason *ret_reason) {
    struct lbx_node *after = object_of(objects->after, arena, ret_reason);
    struct lbx_node *before = object_of(objects->before, arena, ret_reason);
    struct lbx_node *consented = object_of(objects->consented, arena, ret_reason);
    *ret_content = (struct lbx_content){0};
    if (!after || (objects->before && !before))
        return wrong(ret_reason, "not a JSON object");
    return make(before, after, consented, arena, ret_content, ret_reason);
}

enum lbx_err lbx_canonical(const char *json, size_t len, struct lbx_buf *out,
                           struct lbx_reason *ret_reason) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    lbx_arena_init(&arena);
    const struct lbx_node *value = lbx_node_parse(json, len, &arena, ret_reason);
    const char *why = "";
    if (!value)
        return LBX_ERR_INVALID;
    if (lbx_canonical_add(value, out, &why))
        return LBX_OK;
    (void)snprintf(ret_reason->text, sizeof ret_reason->text, "value: %s", why);
    return LBX_ERR_INVALID;
}
