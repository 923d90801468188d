/* Makes the content of a change from the objects before and after it. The objects are copied: the caller's stay as they
 * are. */
#include "content/values.h"

#include <stdio.h>
#include <string.h>

static enum lbx_err wrong(struct lbx_reason *ret_reason, const char *what) {
    (void)snprintf(ret_reason->text, sizeof ret_reason->text, "object: %s", what);
    return LBX_ERR_INVALID;
}

/* Of these more than the members and the metadata is brought into normal form. */
static bool is_changed_within(const json_t *object) {
    const char *kind = json_string_value(json_object_get(object, "kind"));
    return kind &&
           (strcmp(kind, "Pod") == 0 || strcmp(kind, "Service") == 0 || strcmp(kind, "Job") == 0);
}

/* A copy that is brought into normal form without a change of the other: as deep as that goes. What both share is counted. */
static json_t *copy_of_object(const json_t *object) {
    if (is_changed_within(object))
        return json_deep_copy(object);
    json_t *copy = json_copy((json_t *)object), *metadata = json_object_get(object, "metadata");
    if (copy && metadata)
        (void)json_object_set_new(copy, "metadata", json_deep_copy(metadata));
    return copy;
}

/* A copy of the value, that the caller releases; NULL: none, or none that is an object. */
static json_t *copy_of(const struct lbx_json *value, struct lbx_reason *ret_reason) {
    json_t *copy = NULL;
    if (value && value->parsed)
        copy = json_is_object(value->parsed) ? copy_of_object(value->parsed) : NULL;
    else if (value && value->text)
        copy = lbx_dom_parse(value->text, value->len, ret_reason);
    if (json_is_object(copy))
        return copy;
    json_decref(copy);
    return NULL;
}

static const char *text_in(const json_t *object, const char *name, struct lbx_arena *arena) {
    return lbx_arena_strdup(arena, json_string_value(json_object_get(object, name)));
}

static bool is_of_same_kind(const json_t *a, const json_t *b) {
    return json_equal(json_object_get(a, "apiVersion"), json_object_get(b, "apiVersion")) &&
           json_equal(json_object_get(a, "kind"), json_object_get(b, "kind"));
}

/* The digest of an object in normal form. */
static bool digest(const json_t *object, char ret_hex[LBX_SHA256_HEX_SIZE], const char **ret_why) {
    struct lbx_buf text LBX_BUF = {0};
    if (!lbx_canonical_add(object, &text, ret_why))
        return false;
    lbx_sha256_hex(text.data, text.len, ret_hex);
    return true;
}

static void describe(const json_t *object, struct lbx_arena *arena,
                     struct lbx_content *ret_content) {
    const json_t *metadata = json_object_get(object, "metadata");
    ret_content->api_version = text_in(object, "apiVersion", arena);
    ret_content->kind = text_in(object, "kind", arena);
    ret_content->namespace = text_in(metadata, "namespace", arena);
    ret_content->name = text_in(metadata, "name", arena);
}

static enum lbx_err make(json_t *before, json_t *after, const json_t *consented,
                         struct lbx_arena *arena, struct lbx_content *ret_content,
                         struct lbx_reason *ret_reason) {
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
    json_t *after LBX_JSON = copy_of(objects->after, ret_reason);
    json_t *before LBX_JSON = copy_of(objects->before, ret_reason);
    json_t *consented LBX_JSON = copy_of(objects->consented, ret_reason);
    *ret_content = (struct lbx_content){0};
    if (!after || (objects->before && !before))
        return wrong(ret_reason, "not a JSON object");
    return make(before, after, consented, arena, ret_content, ret_reason);
}

enum lbx_err lbx_canonical(const char *json, size_t len, struct lbx_buf *out,
                           struct lbx_reason *ret_reason) {
    json_t *value LBX_JSON = lbx_dom_parse(json, len, ret_reason);
    const char *why = "";
    if (!value)
        return LBX_ERR_INVALID;
    if (lbx_canonical_add(value, out, &why))
        return LBX_OK;
    (void)snprintf(ret_reason->text, sizeof ret_reason->text, "value: %s", why);
    return LBX_ERR_INVALID;
}
