/* Says of each record of standard input (record_in.h) what the decoder makes of it.
 *
 * Out: {"ok":true,"type":"lockbox.…","id":…,"source":…,"encoded":{data as the tables write it}}
 *      {"ok":false,"reason":"…"}
 * An argument is the limit in bytes, else 262144. */
#include "event/envelope.h"

#include "record_in.h"

static size_t max_bytes = 262144;

static void add_text(struct lbx_buf *out, const char *name, const char *text) {
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, text, strlen(text));
}

static void answer(const struct lbx_record *record, struct lbx_arena *arena) {
    struct lbx_buf out LBX_BUF = {0};
    struct lbx_event event;
    struct lbx_reason reason;
    if (lbx_event_decode(record, max_bytes, arena, &event, &reason) == LBX_OK) {
        const struct lbx_event_type_info *info = lbx_event_type_info(event.type);
        lbx_buf_str(&out, "{\"ok\":true");
        add_text(&out, "type", info->name);
        add_text(&out, "id", event.id);
        add_text(&out, "source", event.source);
        lbx_buf_str(&out, ",\"encoded\":");
        lbx_json_write(info->data, event.data, &out);
    } else {
        lbx_buf_str(&out, "{\"ok\":false");
        add_text(&out, "reason", reason.text);
    }
    lbx_buf_str(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
}

int main(int argc, char **argv) {
    if (argc > 1)
        max_bytes = strtoul(argv[1], NULL, 10);
    return records_in(answer);
}
