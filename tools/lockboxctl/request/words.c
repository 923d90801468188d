/* request words: writes requests in the words of the mails, for a portal: one line of JSON for
 * each line of input, until its end. Needs no database. Fails with exit code 1 on a line that is
 * no request. */
#include "commands.h"

#include "event/payload.h"
#include "mail/changes.h"
#include "mail/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct lbx_buf *out, const char *name, const struct lbx_buf *words) {
    lbx_buf_printf(out, "\"%s\":", name);
    lbx_buf_json_str(out, words->data ? words->data : "", words->len);
}

static void put_items(const struct lbx_request *request, struct lbx_buf *out) {
    lbx_buf_str(out, "\"items\":[");
    for (size_t i = 0; i < request->action_count; i++) {
        struct lbx_buf words LBX_BUF = {0};
        lbx_item_words(&request->actions[i], &words);
        lbx_buf_str(out, i ? "," : "");
        lbx_buf_json_str(out, words.data, words.len);
    }
    lbx_buf_char(out, ']');
}

/* The lines of each item's changes; none for an item without content. */
static void put_changes(const struct lbx_request *request, struct lbx_buf *out) {
    lbx_buf_str(out, "\"changes\":[");
    for (size_t i = 0; i < request->action_count; i++) {
        struct lbx_buf lines LBX_BUF = {0};
        lbx_changes_words(request->actions[i].content.changes, &lines);
        lbx_buf_str(out, i ? ",[" : "[");
        for (size_t at = 0, len; at < lines.len; at += len + 1) {
            len = strcspn(lines.data + at, "\n");
            lbx_buf_str(out, at ? "," : "");
            lbx_buf_json_str(out, lines.data + at, len);
        }
        lbx_buf_char(out, ']');
    }
    lbx_buf_char(out, ']');
}

static void say(const struct lbx_request *request, struct lbx_buf *out) {
    struct lbx_buf duration LBX_BUF = {0}, cluster LBX_BUF = {0};
    if (request->duration)
        lbx_duration_words(request->duration, &duration);
    lbx_cluster_words(request->resource_id, &cluster);
    lbx_buf_char(out, '{');
    put_items(request, out);
    lbx_buf_char(out, ',');
    put_changes(request, out);
    lbx_buf_char(out, ',');
    put(out, "duration", &duration);
    lbx_buf_char(out, ',');
    put(out, "cluster", &cluster);
    lbx_buf_str(out, "}\n");
}

enum ctl_exit ctl_request_words(struct ctl *ctl) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    char *line LBX_FREE = NULL;
    size_t cap = 0;
    ssize_t len;
    (void)ctl;
    lbx_arena_init(&arena);
    while ((len = getline(&line, &cap, stdin)) >= 0) {
        struct lbx_request request;
        struct lbx_reason reason;
        struct lbx_buf out LBX_BUF = {0};
        lbx_arena_reset(&arena);
        if (lbx_json_read_stored(&lbx_request_table, line, (size_t)len, &arena, &request,
                                 &reason) != LBX_OK)
            return ctl_fail(CTL_NO, "no request: %s", reason.text);
        say(&request, &out);
        fwrite(out.data, 1, out.len, stdout);
        fflush(stdout);
    }
    return CTL_DONE;
}
