/* Compares an outbox row with its payload, in one pass over the text. Cannot fail. */
#include "store/outbox_row.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <string.h>

/* Moves *at behind `text`, if that stands there. */
static bool skip(const char **at, const char *text) {
    size_t len = strlen(text);
    if (strncmp(*at, text, len) != 0)
        return false;
    *at += len;
    return true;
}

/* Moves *at behind the JSON string whose opening quote was passed. */
static bool skip_text(const char **at) {
    for (; **at && **at != '"'; (*at)++)
        if (**at == '\\' && !*++*at)
            return false;
    return skip(at, "\"");
}

static bool skip_member(const char **at, const char *head) {
    return skip(at, head) && skip_text(at);
}

static bool skip_written(const char **at, const char *name, const char *text) {
    struct lbx_buf written LBX_BUF = {0};
    lbx_buf_printf(&written, "\"%s\":", name);
    lbx_buf_json_str(&written, text, strlen(text));
    return skip(at, written.data);
}

/* Moves *at behind the object that begins there. */
static bool skip_object(const char **at) {
    size_t depth = 0;
    do {
        const char c = *(*at)++;
        if (c == '\0' || (c == '"' && !skip_text(at)))
            return false;
        depth += c == '{';
        depth -= c == '}';
    } while (depth);
    return true;
}

bool lbx_outbox_holds(const char *id, const char *type, const char *subject, const char *payload) {
    const char *at = payload;
    if (!skip(&at, "{\"specversion\":\"1.0\",") || !skip_written(&at, "id", id) ||
        !skip_member(&at, ",\"source\":\"") || !skip(&at, ",") ||
        !skip_written(&at, "type", type) || !skip(&at, ",") ||
        !skip_written(&at, "subject", subject) || !skip_member(&at, ",\"time\":\"") ||
        !skip(&at, ",\"datacontenttype\":\"application/json\""))
        return false;
    static const char *const optional[] = {",\"sequence\":\"", ",\"causationid\":\"",
                                           ",\"traceparent\":\"", ",\"tracestate\":\""};
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        if (skip(&at, optional[i]) && !skip_text(&at))
            return false;
    return skip(&at, ",\"data\":") && *at == '{' && skip_object(&at) && strcmp(at, "}") == 0;
}
