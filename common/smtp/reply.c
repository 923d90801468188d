/* Converts replies to results. Promises one line of printable UTF-8, cut at a character's end,
 * whatever the server sent; if code and text differ, the code counts. Cannot fail. */
#include "smtp/reply.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends one line: blanks, control characters and ill-formed bytes become a single space. */
static void one_line(struct lbx_buf *out, const char *text, size_t len) {
    bool gap = false, begun = false;
    for (size_t i = 0; i < len;) {
        size_t n = lbx_utf8_len(text + i, len - i);
        /* C1 controls are C2 80 to C2 9F. */
        bool c1 = n == 2 && (unsigned char)text[i] == 0xC2 && (unsigned char)text[i + 1] < 0xA0;
        if (n == 0 || c1 || (n == 1 && ((unsigned char)text[i] <= ' ' || text[i] == 0x7F))) {
            gap = true;
        } else {
            if (gap && begun)
                lbx_buf_char(out, ' ');
            gap = false;
            begun = true;
            lbx_buf_add(out, text + i, n);
        }
        i += n ? n : 1;
    }
}

/* Stores the line as the result's reply, cut at a character's end. */
static void take(struct lbx_smtp_result *result, const struct lbx_buf *line) {
    size_t cut = 0, n;
    while (cut < line->len && (n = lbx_utf8_len(line->data + cut, line->len - cut)) > 0 &&
           cut + n < sizeof result->reply)
        cut += n;
    if (cut)
        memcpy(result->reply, line->data, cut);
    result->reply[cut] = '\0';
}

/* The enhanced status code (RFC 3463) at the beginning of a reply's text, where the server did
 * not announce ENHANCEDSTATUSCODES; returns its length, 0: none. */
static size_t enhanced_in(int code, const char *text, char ret_status[LBX_SMTP_ENHANCED_SIZE]) {
    int class, subject, detail, end = 0;
    if (sscanf(text, "%1d.%3d.%3d%n", &class, &subject, &detail, &end) != 3 || end == 0)
        return 0;
    if (class != code / 100 || subject < 0 || detail < 0 || (text[end] && text[end] > ' '))
        return 0;
    (void)snprintf(ret_status, LBX_SMTP_ENHANCED_SIZE, "%d.%d.%d", class, subject, detail);
    return (size_t)end;
}

static bool enhanced_valid(const struct lbx_smtp_reply *reply) {
    const int *status = reply->enhanced;
    return status[0] && status[0] == reply->code / 100 && status[1] >= 0 && status[1] <= 999 &&
           status[2] >= 0 && status[2] <= 999;
}

void lbx_smtp_reply_set(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                        const struct lbx_smtp_reply *reply) {
    *result = (struct lbx_smtp_result){.outcome = outcome, .code = reply->code};
    const char *text = reply->text ? reply->text : "";
    if (enhanced_valid(reply))
        (void)snprintf(result->enhanced, sizeof result->enhanced, "%d.%d.%d", reply->enhanced[0],
                       reply->enhanced[1], reply->enhanced[2]);
    else
        text += enhanced_in(reply->code, text, result->enhanced);
    struct lbx_buf line LBX_BUF = {0};
    lbx_buf_printf(&line, "%d%s%s", reply->code, result->enhanced[0] ? " " : "", result->enhanced);
    if (*text) {
        lbx_buf_char(&line, ' ');
        one_line(&line, text, strlen(text));
    }
    take(result, &line);
}

void lbx_smtp_reply_line(struct lbx_smtp_result *result, const char *reply) {
    struct lbx_buf line LBX_BUF = {0};
    one_line(&line, reply, strlen(reply));
    *result = (struct lbx_smtp_result){.outcome = LBX_SMTP_TEMPORARY, .code = atoi(reply)};
    if (line.len > 4)
        (void)enhanced_in(result->code, line.data + 4, result->enhanced);
    take(result, &line);
}

void lbx_smtp_reply_words(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                          const char *words, const char *more) {
    struct lbx_buf line LBX_BUF = {0};
    lbx_buf_str(&line, words);
    if (more && *more) {
        lbx_buf_str(&line, ": ");
        one_line(&line, more, strlen(more));
    }
    *result = (struct lbx_smtp_result){.outcome = outcome};
    take(result, &line);
}
