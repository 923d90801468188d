/* Content of two objects, one behind the other with a NUL between: each list of changes is canonical, differs from itself
 * nowhere, and the object made again from itself has no changes and the same digest. */
#include "content/content.h"

#include "fuzz.h"

static struct lbx_json json_of(const char *text) {
    return (struct lbx_json){.text = text, .len = strlen(text)};
}

static void hold(const struct lbx_content *content, struct lbx_arena *arena) {
    struct lbx_buf again LBX_BUF = {0};
    struct lbx_reason reason;
    const char *changes = content->changes.data;
    assert(content->changes.len <= LBX_CONTENT_CHANGES_MAX);
    /* A real such as 1e20 is written as an integer that is too large to be read: it cannot be consented to. */
    if (lbx_canonical(changes, content->changes.len, &again, &reason) != LBX_OK)
        return;
    assert(strcmp(again.data, changes) == 0);
    assert(!lbx_content_difference(changes, changes, arena));
}

static void make(const struct lbx_json *before, const struct lbx_json *after) {
    const struct lbx_content_objects objects = {.before = before, .after = after};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_content content = {0};
    struct lbx_reason reason = {0};
    lbx_arena_init(&arena);
    if (lbx_content_make(&objects, &arena, &content, &reason) == LBX_OK)
        hold(&content, &arena);
    if (before == after && content.changes.data && content.digest[0] && content.previous_digest[0])
        assert(strcmp(content.digest, content.previous_digest) == 0 &&
               strcmp(content.changes.data, "[]") == 0);
    lbx_buf_done(&content.changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *stop = size ? memchr(data, '\0', size) : NULL;
    char *first LBX_FREE = fuzz_text(data, size);
    char *second LBX_FREE =
        stop ? fuzz_text(stop + 1, size - (size_t)(stop + 1 - data)) : strdup("");
    const struct lbx_json before = json_of(first), after = json_of(second);
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_json object;
    lbx_arena_init(&arena);
    make(&before, &after);
    make(NULL, &before);
    make(&before, &before);
    (void)lbx_content_difference(first, second, &arena);
    if (lbx_content_created(first, &object))
        lbx_json_done(&object);
    return 0;
}
