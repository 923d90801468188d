/* The list of changes between two objects in normal form: objects are compared member by member, arrays of equal length
 * element by element, and whatever else differs is one entry, by its RFC 6901 path; in byte order of the paths. A creation
 * is one entry, of path "". */
#include "content/values.h"

#include <stdlib.h>
#include <string.h>

struct change {
    char *path;
    const json_t *before, *after; /* NULL: absent */
};

struct changes {
    struct change *list;
    size_t count, room;
    struct lbx_buf path; /* of what is compared now */
};

static void append(struct changes *changes, const json_t *before, const json_t *after) {
    if (changes->count == changes->room) {
        changes->room = changes->room ? changes->room * 2 : 16;
        changes->list = lbx_realloc(changes->list, changes->room * sizeof *changes->list);
    }
    char *path = lbx_malloc(changes->path.len + 1);
    if (changes->path.len)
        memcpy(path, changes->path.data, changes->path.len);
    path[changes->path.len] = '\0';
    changes->list[changes->count++] = (struct change){path, before, after};
}

static void release(struct changes *changes) {
    for (size_t i = 0; i < changes->count; i++)
        free(changes->list[i].path);
    free(changes->list);
    lbx_buf_done(&changes->path);
}

/* RFC 6901: ~ is ~0, / is ~1. */
static void enter(struct lbx_buf *path, const char *name) {
    lbx_buf_char(path, '/');
    for (const char *c = name; *c; c++)
        if (*c == '~' || *c == '/')
            lbx_buf_str(path, *c == '~' ? "~0" : "~1");
        else
            lbx_buf_char(path, *c);
}

static void compare(struct changes *changes, const json_t *before, const json_t *after);

static void compare_member(struct changes *changes, const char *name, const json_t *before,
                           const json_t *after) {
    size_t len = changes->path.len;
    enter(&changes->path, name);
    compare(changes, before, after);
    lbx_buf_cut(&changes->path, changes->path.len - len);
}

static void compare_objects(struct changes *changes, const json_t *before, const json_t *after) {
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)before, name, member) {
        compare_member(changes, name, member, json_object_get(after, name));
    }
    json_object_foreach((json_t *)after, name, member) {
        if (!json_object_get(before, name))
            compare_member(changes, name, NULL, member);
    }
}

static void compare_arrays(struct changes *changes, const json_t *before, const json_t *after) {
    for (size_t i = 0; i < json_array_size(before); i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%zu", i);
        compare_member(changes, name, json_array_get(before, i), json_array_get(after, i));
    }
}

/* By their canonical text, of which there is one: 1 and 1.0 are the same. What has none is the same as nothing. */
static bool is_same(const json_t *before, const json_t *after) {
    struct lbx_buf a LBX_BUF = {0}, b LBX_BUF = {0};
    const char *why;
    if (json_is_string(before) && json_is_string(after))
        return json_equal(before, after);
    return before && after && lbx_canonical_add(before, &a, &why) &&
           lbx_canonical_add(after, &b, &why) && a.len == b.len &&
           memcmp(a.data, b.data, a.len) == 0;
}

static void compare(struct changes *changes, const json_t *before, const json_t *after) {
    if (json_is_object(before) && json_is_object(after))
        compare_objects(changes, before, after);
    else if (json_is_array(before) && json_is_array(after) &&
             json_array_size(before) == json_array_size(after))
        compare_arrays(changes, before, after);
    else if (!is_same(before, after))
        append(changes, before, after);
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

/* Members in canonical order: after, before, path. */
static bool write_change(const struct change *change, struct lbx_buf *out, const char **ret_why) {
    json_t *entry LBX_JSON = json_object();
    (void)json_object_set_new(entry, "path", json_string(change->path));
    if (change->before)
        (void)json_object_set(entry, "before", (json_t *)change->before);
    if (change->after)
        (void)json_object_set(entry, "after", (json_t *)change->after);
    return lbx_canonical_add(entry, out, ret_why);
}

bool lbx_changes_add(const json_t *before, const json_t *after, struct lbx_buf *out,
                     const char **ret_why) {
    struct changes changes LBX_CLEANUP(release) = {0};
    bool ok = true;
    if (before)
        compare(&changes, before, after);
    else
        append(&changes, NULL, after);
    if (changes.count > 1)
        qsort(changes.list, changes.count, sizeof *changes.list, by_path);
    lbx_buf_char(out, '[');
    for (size_t i = 0; ok && i < changes.count; i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        ok = write_change(&changes.list[i], out, ret_why);
    }
    lbx_buf_char(out, ']');
    return ok;
}

/* ---- lists ---- */

bool lbx_content_created(const char *changes, struct lbx_json *ret_object) {
    static const char begin[] = "[{\"after\":", end[] = ",\"path\":\"\"}]";
    size_t head = sizeof begin - 1, tail = sizeof end - 1, len = strlen(changes);
    if (len < head + tail || strncmp(changes, begin, head) != 0 ||
        strcmp(changes + len - tail, end) != 0)
        return false;
    *ret_object = (struct lbx_json){.text = changes + head, .len = len - head - tail};
    return true;
}

static const char *path_of(const json_t *change) {
    const char *path = json_string_value(json_object_get(change, "path"));
    return path ? path : "";
}

const char *lbx_content_difference(const char *changes, const char *others,
                                   struct lbx_arena *arena) {
    struct lbx_reason reason;
    json_t *a LBX_JSON = lbx_dom_parse(changes, strlen(changes), &reason);
    json_t *b LBX_JSON = lbx_dom_parse(others, strlen(others), &reason);
    for (size_t i = 0; i < json_array_size(a) || i < json_array_size(b); i++) {
        const json_t *x = json_array_get(a, i), *y = json_array_get(b, i);
        if (is_same(x, y))
            continue;
        const char *p = x ? path_of(x) : NULL, *q = y ? path_of(y) : NULL;
        return lbx_arena_strdup(arena, !q || (p && strcmp(p, q) < 0) ? p : q);
    }
    return NULL;
}
