/* Says of each record of standard input (record_in.h) how it is told to people: in a timeline and a report, in the
 * auditor's columns, in the activity log.
 *
 * Out: {"who":…,"what":…,"actor":…,"request_id":…,"operation":…,"status":…,"level":…}; null where there is none. */
#include "models/models.h"

#include "record_in.h"
#include "request/story.h"

static void add_text(struct lbx_buf *out, const char *name, const char *text, size_t len) {
    lbx_buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
    if (text)
        lbx_buf_json_str(out, text, len);
    else
        lbx_buf_str(out, "null");
}

static void add_str(struct lbx_buf *out, const char *name, const char *text) {
    add_text(out, name, text, text ? strlen(text) : 0);
}

/* The first row's cell of a column, which is one binary array: 24 bytes of head, then length and bytes. */
static void add_cell(struct lbx_buf *out, const char *name, const struct lbx_pg_arrays *rows) {
    enum { HEAD = 24 };
    size_t column = 0;
    if (lbx_pg_arrays_count(rows) == 0) {
        add_str(out, name, NULL);
        return;
    }
    while (strcmp(rows->layout->columns[column].name, name) != 0)
        column++;
    const unsigned char *at = (const unsigned char *)rows->column[column].data + HEAD;
    size_t len = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    add_text(out, name, (const char *)at + 4, len);
}

static void answer(const struct lbx_record *record, struct lbx_arena *arena) {
    struct lbx_buf out LBX_BUF = {0}, what LBX_BUF = {0}, who LBX_BUF = {0};
    struct lbx_models models LBX_CLEANUP(lbx_models_done);
    struct lbx_event_summary summary;
    struct lbx_event event;
    struct lbx_reason reason;
    lbx_models_init(&models);
    enum lbx_err err = lbx_event_decode_with_summary(record, arena, &summary, &event, &reason);
    lbx_models_add(&models, record, &summary, &event, err == LBX_OK ? NULL : reason.text);
    ctl_put_story(record, summary.type, arena, &what, &who);
    lbx_buf_char(&out, '{');
    add_str(&out, "who", who.data);
    add_str(&out, "what", what.data);
    add_str(&out, "actor", summary.actor);
    add_str(&out, "request_id", summary.request_id);
    add_cell(&out, "operation", &models.activities);
    add_cell(&out, "status", &models.activities);
    add_cell(&out, "level", &models.activities);
    lbx_buf_str(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
}

int main(void) {
    return records_in(answer);
}
