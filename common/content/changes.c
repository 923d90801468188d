/* Lists the changes between two objects in normal form. Objects are compared member by member, arrays of
 * equal length element by element; any other difference is an entry by its path (RFC 6901). Entries are in
 * byte order of their paths. A creation is one entry, of path "". Fails where a value has no canonical JSON. */
#include "content/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct change {
    char *path;
    const struct lbx_node *before, *after; /* NULL: absent */
};

struct changes {
    struct change *list;
    size_t count, room;
    struct lbx_buf path; /* path of the values that are compared */
};

static void append(struct changes *changes, const struct lbx_node *before,
                   const struct lbx_node *after) {
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

/* Appends a name to the path. RFC 6901: ~ is ~0, / is ~1. */
static void enter(struct lbx_buf *path, const struct lbx_scan_text *name) {
    lbx_buf_char(path, '/');
    for (const char *c = name->at; c < name->at + name->len; c++)
        if (*c == '~' || *c == '/')
            lbx_buf_str(path, *c == '~' ? "~0" : "~1");
        else
            lbx_buf_char(path, *c);
}

static void compare(struct changes *changes, const struct lbx_node *before,
                    const struct lbx_node *after);

static void compare_member(struct changes *changes, const struct lbx_scan_text *name,
                           const struct lbx_node *before, const struct lbx_node *after) {
    if (lbx_node_is_same_text(before, after)) /* most texts are equal, and need no path */
        return;
    size_t len = changes->path.len;
    enter(&changes->path, name);
    compare(changes, before, after);
    lbx_buf_cut(&changes->path, changes->path.len - len);
}

/* Compares the names at i and j; below 0: the name of a is not in b. */
static int order_of(const struct lbx_node *a, size_t i, const struct lbx_node *b, size_t j) {
    return i == a->count   ? 1
           : j == b->count ? -1
                           : lbx_utf16_compare(&a->items[i].name, &b->items[j].name);
}

/* Compares two objects by a merge of their sorted members. */
static void compare_objects(struct changes *changes, const struct lbx_node *before,
                            const struct lbx_node *after) {
    for (size_t i = 0, j = 0; i < before->count || j < after->count;) {
        int order = order_of(before, i, after, j);
        const struct lbx_node *was = order <= 0 ? &before->items[i++] : NULL;
        const struct lbx_node *is = order >= 0 ? &after->items[j++] : NULL;
        compare_member(changes, was ? &was->name : &is->name, was, is);
    }
}

static void compare_arrays(struct changes *changes, const struct lbx_node *before,
                           const struct lbx_node *after) {
    for (size_t i = 0; i < before->count; i++) {
        char text[24];
        int len = snprintf(text, sizeof text, "%zu", i);
        const struct lbx_scan_text name = {.at = text, .len = (size_t)len};
        compare_member(changes, &name, &before->items[i], &after->items[i]);
    }
}

/* Compares canonical texts, so that 1 and 1.0 are equal. A value without canonical text is equal to nothing. */
static bool is_same(const struct lbx_node *before, const struct lbx_node *after) {
    struct lbx_buf a LBX_BUF = {0}, b LBX_BUF = {0};
    const char *why;
    if (lbx_node_is_same_text(before, after))
        return true;
    return before && after && lbx_canonical_add(before, &a, &why) &&
           lbx_canonical_add(after, &b, &why) && a.len == b.len &&
           memcmp(a.data, b.data, a.len) == 0;
}

static bool is_of(const struct lbx_node *node, enum lbx_node_type type) {
    return node && node->type == type;
}

static void compare(struct changes *changes, const struct lbx_node *before,
                    const struct lbx_node *after) {
    if (is_of(before, LBX_NODE_OBJECT) && is_of(after, LBX_NODE_OBJECT))
        compare_objects(changes, before, after);
    else if (is_of(before, LBX_NODE_ARRAY) && is_of(after, LBX_NODE_ARRAY) &&
             before->count == after->count)
        compare_arrays(changes, before, after);
    else if (!is_same(before, after))
        append(changes, before, after);
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

static struct lbx_node named(const char *name, const struct lbx_node *value) {
    struct lbx_node member = *value;
    member.name = (struct lbx_scan_text){.at = name, .len = strlen(name), .plain = true};
    return member;
}

/* Writes an entry's members in canonical order: after, before, path. */
static bool write_change(const struct change *change, struct lbx_buf *out, const char **ret_why) {
    const struct lbx_node path = {.type = LBX_NODE_TEXT,
                                  .text = {.at = change->path, .len = strlen(change->path)}};
    struct lbx_node members[3];
    struct lbx_node entry = {.type = LBX_NODE_OBJECT, .items = members};
    if (change->after)
        members[entry.count++] = named("after", change->after);
    if (change->before)
        members[entry.count++] = named("before", change->before);
    members[entry.count++] = named("path", &path);
    return lbx_canonical_add(&entry, out, ret_why);
}

bool lbx_changes_add(const struct lbx_node *before, const struct lbx_node *after,
                     struct lbx_buf *out, const char **ret_why) {
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

static const char *path_of(const struct lbx_node *change, struct lbx_arena *arena) {
    const char *path = lbx_node_text(lbx_node_member(change, "path"), arena);
    return path ? path : "";
}

const char *lbx_content_difference(const char *changes, const char *others,
                                   struct lbx_arena *arena) {
    struct lbx_reason reason;
    const struct lbx_node *a = lbx_node_parse(changes, strlen(changes), arena, &reason);
    const struct lbx_node *b = lbx_node_parse(others, strlen(others), arena, &reason);
    const struct lbx_node *x, *y;
    for (size_t i = 0; x = lbx_node_element(a, i), y = lbx_node_element(b, i), x || y; i++) {
        if (is_same(x, y))
            continue;
        const char *p = x ? path_of(x, arena) : NULL, *q = y ? path_of(y, arena) : NULL;
        return !q || (p && strcmp(p, q) < 0) ? p : q;
    }
    return NULL;
}
