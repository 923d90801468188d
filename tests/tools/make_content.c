/* Reads JSON, one value a line, from standard input, and prints an answer a line. With --canonical: the value in RFC 8785
 * canonical form. Else {before?, after, consented?}: its digests and changes as a JSON object. A line without an answer
 * is answered "! REASON". */
#include "base/cleanup.h"
#include "content/content.h"

#include <stdio.h>
#include <string.h>

struct objects {
    struct lbx_json before, after, consented;
};
static const struct lbx_field rows[] = {
    LBX_ROW(objects, before, LBX_T_JSON, struct lbx_json, .required = false),
    LBX_ROW(objects, after, LBX_T_JSON, struct lbx_json, .required = true),
    LBX_ROW(objects, consented, LBX_T_JSON, struct lbx_json, .required = false),
};
static const struct lbx_table table = LBX_TABLE("objects", objects, rows);

static const struct lbx_json *or_null(const struct lbx_json *value) {
    return lbx_json_is_absent(value) ? NULL : value;
}

static void make(struct lbx_json *line, struct lbx_arena *arena) {
    struct objects it = {0};
    struct lbx_content content = {0};
    struct lbx_reason reason = {{0}};
    enum lbx_err err = lbx_json_read_value(&table, line, LBX_JSON_STRICT, "", arena, &it, &reason);
    if (err == LBX_OK)
        err = lbx_content_make(
            &(struct lbx_content_objects){or_null(&it.before), &it.after, or_null(&it.consented)},
            arena, &content, &reason);
    if (err == LBX_OK)
        printf("{\"digest\":\"%s\",\"previous_digest\":\"%s\",\"changes\":%s}\n", content.digest,
               content.previous_digest, content.changes.data);
    else
        printf("! %s %s\n", lbx_err_text(err), reason.text);
    lbx_buf_done(&content.changes);
}

static void canonical(const char *line, size_t len) {
    struct lbx_buf text LBX_BUF = {0};
    struct lbx_reason reason = {{0}};
    if (lbx_canonical(line, len, &text, &reason) == LBX_OK)
        printf("%s\n", text.data);
    else
        printf("! %s\n", reason.text);
}

int main(int argc, char **argv) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    char *line LBX_FREE = NULL;
    size_t cap = 0;
    ssize_t len;
    lbx_arena_init(&arena);
    while ((len = getline(&line, &cap, stdin)) >= 0) {
        struct lbx_json value = {.text = line, .len = (size_t)len};
        if (argc > 1 && strcmp(argv[1], "--canonical") == 0)
            canonical(line, (size_t)len);
        else
            make(&value, &arena);
        lbx_json_done(&value);
        lbx_arena_reset(&arena);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
