/* Writes a mail: headers by hand and by GMime, bodies in quoted-printable. Promises the same
 * bytes for the same input, and no header but the expected ones, which is checked on the result.
 * Fails with LBX_ERR_INVALID for addresses and ids, LBX_ERR_INTERNAL where GMime wrote another
 * header. */
#include "smtp/mime.h"

#include "base/text.h"
#include "base/utf8.h"
#include "smtp/smtp.h"

#include <gmime/gmime.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Quoted-printable never has "=_" (RFC 2045 6.7), so that no body can contain the boundary. */
#define BOUNDARY "=_lockbox_alternative"

static void unref(void *held) {
    GObject **object = held;
    if (*object)
        g_object_unref(*object);
}
#define UNREF LBX_CLEANUP(unref)

/* Makes well-formed text without control characters, which become spaces; ill-formed bytes become U+FFFD. */
static void clean(const char *text, struct lbx_buf *out) {
    size_t len = strlen(text);
    lbx_buf_str(out, "");
    for (size_t i = 0; i < len;) {
        size_t n = lbx_utf8_len(text + i, len - i);
        bool c1 = n == 2 && (unsigned char)text[i] == 0xC2 && (unsigned char)text[i + 1] < 0xA0;
        if (n == 0)
            lbx_buf_str(out, "\xEF\xBF\xBD");
        else if (c1 || (n == 1 && ((unsigned char)text[i] < ' ' || text[i] == 0x7F)))
            lbx_buf_char(out, ' ');
        else
            lbx_buf_add(out, text + i, n);
        i += n ? n : 1;
    }
}

/* Writes RFC 2047 encoded words, each of whole characters. */
static void encode_words(const struct lbx_buf *text, struct lbx_buf *out) {
    enum { WORD_BYTES = 45 }; /* 60 in base64, with 12 around them below 75 */
    for (size_t at = 0, end; at < text->len; at = end) {
        size_t n;
        for (end = at; end < text->len; end += n) {
            n = lbx_utf8_len(text->data + end, text->len - end);
            if (end + n - at > WORD_BYTES)
                break;
        }
        char *word = g_base64_encode((const guchar *)text->data + at, end - at);
        lbx_buf_printf(out, "%s=?utf-8?b?%s?=", at ? " " : "", word);
        g_free(word);
    }
}

/* Writes text for a header, in ASCII. Text that looks like an encoded word is encoded, too:
 * GMime would leave it, and the reader would decode it, line breaks included. */
static void header_text(const char *text, struct lbx_buf *out) {
    struct lbx_buf cleaned LBX_BUF = {0};
    clean(text, &cleaned);
    bool ascii = true;
    for (size_t i = 0; i < cleaned.len; i++)
        ascii = ascii && (signed char)cleaned.data[i] >= 0;
    if (ascii && !strstr(cleaned.data, "=?"))
        lbx_buf_add(out, cleaned.data, cleaned.len);
    else
        encode_words(&cleaned, out);
}

/* Whether an id is "<left@right>" (RFC 5322 3.6.4, without obsolete forms). */
static bool id_valid(const char *id, size_t len) {
    char inner[LBX_SMTP_ADDRESS_MAX + 1];
    if (len < 3 || len - 2 >= sizeof inner || id[0] != '<' || id[len - 1] != '>')
        return false;
    memcpy(inner, id + 1, len - 2);
    inner[len - 2] = '\0';
    return !lbx_smtp_address_check(inner);
}

static bool ids_valid(const char *ids) {
    for (;;) {
        size_t len = strcspn(ids, " ");
        if (!id_valid(ids, len))
            return false;
        if (!ids[len])
            return true;
        ids += len + 1;
    }
}

static bool list_id_valid(const char *list_id) {
    char address[LBX_SMTP_ADDRESS_MAX + 1];
    int len = snprintf(address, sizeof address, "list@%s", list_id);
    return len > 0 && (size_t)len < sizeof address && !lbx_smtp_address_check(address);
}

/* Whether a text fits one line of a field, in printable ASCII (RFC 5322, 2.1.1: at most 998 characters with the field's name). */
static bool is_line(const char *text) {
    enum { LINE_BYTES = 900 };
    size_t len = 0;
    while (text[len] >= ' ' && text[len] <= '~')
        len++;
    return len > 0 && len <= LINE_BYTES && text[len] == '\0';
}

static bool valid(const struct lbx_mime *mime) {
    return !lbx_smtp_address_check(mime->from) && !lbx_smtp_address_check(mime->to) &&
           mime->message_id && id_valid(mime->message_id, strlen(mime->message_id)) &&
           (!mime->in_reply_to || id_valid(mime->in_reply_to, strlen(mime->in_reply_to))) &&
           (!mime->references || ids_valid(mime->references)) &&
           (!mime->list_id || list_id_valid(mime->list_id)) &&
           (!mime->traceparent || is_line(mime->traceparent)) &&
           (!mime->tracestate || is_line(mime->tracestate));
}

/* ---- fields ---- */

/* Appends text with CRLF instead of \n. */
static void put_lines(const char *text, size_t len, struct lbx_buf *out) {
    for (const char *end = text + len, *line = text, *next; line < end; line = next) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        next = lf ? lf + 1 : end;
        lbx_buf_add(out, line, (size_t)((lf ? lf : end) - line));
        if (lf)
            lbx_buf_str(out, "\r\n");
    }
}

static void put_field(const char *name, const char *value, struct lbx_buf *out) {
    if (!value)
        return;
    lbx_buf_str(out, name);
    lbx_buf_str(out, ": ");
    lbx_buf_str(out, value);
    lbx_buf_str(out, "\r\n");
}

/* Writes an address, on a new line if the line would exceed 78 characters. */
static void put_bare_address(const char *field, const char *address, struct lbx_buf *out) {
    enum { LINE = 78 };
    const bool fits = strlen(field) + strlen(": ") + strlen(address) <= LINE;
    lbx_buf_str(out, field);
    lbx_buf_str(out, fits ? ": " : ":\r\n\t");
    lbx_buf_str(out, address);
    lbx_buf_str(out, "\r\n");
}

static void put_address(const char *field, const char *name, const char *address,
                        struct lbx_buf *out) {
    struct lbx_buf phrase LBX_BUF = {0};
    header_text(name ? name : "", &phrase);
    if (phrase.len == 0) {
        put_bare_address(field, address, out);
        return;
    }
    InternetAddressList *list UNREF = internet_address_list_new();
    InternetAddress *mailbox UNREF = internet_address_mailbox_new(phrase.data, address);
    internet_address_list_add(list, mailbox);
    GString *text = g_string_new(field);
    g_string_append(text, ": ");
    internet_address_list_encode(list, NULL, text); /* the encoded list ends its line */
    put_lines(text->str, text->len, out);
    g_string_free(text, TRUE);
}

static void put_subject(const char *subject, struct lbx_buf *out) {
    struct lbx_buf text LBX_BUF = {0}, field LBX_BUF = {0};
    header_text(subject, &text);
    char *encoded = g_mime_utils_header_encode_text(NULL, text.data, "utf-8");
    lbx_buf_printf(&field, "Subject: %s", encoded);
    char *folded = g_mime_utils_unstructured_header_fold(NULL, NULL, field.data);
    put_lines(folded, strlen(folded), out);
    g_free(folded);
    g_free(encoded);
}

/* Writes a date (RFC 5322 3.3), in UTC. */
static void put_date(int64_t date, struct lbx_buf *out) {
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const time_t seconds = date / 1000000;
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    lbx_buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n",
                   days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
                   tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* ---- parts ---- */

static void put_part(const char *subtype, const char *text, size_t len, struct lbx_buf *out) {
    GMimeEncoding encoding;
    g_mime_encoding_init_encode(&encoding, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    char *encoded = lbx_malloc(g_mime_encoding_outlen(&encoding, len));
    size_t encoded_len = g_mime_encoding_flush(&encoding, text, len, encoded);
    lbx_buf_printf(out,
                   "\r\n--" BOUNDARY "\r\n"
                   "Content-Type: text/%s; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                   subtype);
    put_lines(encoded, encoded_len, out);
    free(encoded);
}

/* Checks the written header, whatever GMime did: each field at most once, no unexpected one, all
 * required ones. */
static bool headers_expected(const char *bytes, size_t len) {
    static const struct {
        const char *name;
        bool required;
    } fields[] = {
        {"From", true},         {"To", true},          {"Subject", true},
        {"Date", true},         {"Message-ID", true},  {"In-Reply-To", false},
        {"References", false},  {"List-Id", false},    {"Auto-Submitted", true},
        {"traceparent", false}, {"tracestate", false}, {"MIME-Version", true},
        {"Content-Type", true},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    unsigned int seen[COUNT] = {0};
    const char *end = bytes + len;
    for (const char *line = bytes; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next || next == line || next[-1] != '\r')
            return false;
        if (next == line + 1)
            break;
        bool folded = line > bytes && (*line == ' ' || *line == '\t');
        bool known = folded;
        for (size_t i = 0; !folded && i < COUNT; i++) {
            size_t n = strlen(fields[i].name);
            if ((size_t)(next - line) > n && line[n] == ':' &&
                lbx_same_start(line, fields[i].name, n)) {
                known = true;
                seen[i]++;
            }
        }
        if (!known)
            return false;
        line = next + 1;
    }
    for (size_t i = 0; i < COUNT; i++)
        if (seen[i] > 1 || (fields[i].required && !seen[i]))
            return false;
    return true;
}

static pthread_once_t gmime_once = PTHREAD_ONCE_INIT;

enum lbx_err lbx_mime_write(const struct lbx_mime *mime, struct lbx_buf *out) {
    const size_t begin = out->len;
    struct lbx_buf list_id LBX_BUF = {0};
    if (!valid(mime))
        return LBX_ERR_INVALID;
    (void)pthread_once(&gmime_once, g_mime_init);
    put_address("From", mime->from_name, mime->from, out);
    put_address("To", mime->to_name, mime->to, out);
    put_subject(mime->subject, out);
    put_date(mime->date, out);
    put_field("Message-ID", mime->message_id, out);
    put_field("In-Reply-To", mime->in_reply_to, out);
    put_field("References", mime->references, out);
    if (mime->list_id)
        lbx_buf_printf(&list_id, "<%s>", mime->list_id);
    put_field("List-Id", list_id.data, out);
    put_field("Auto-Submitted", "auto-generated", out);
    put_field("traceparent", mime->traceparent, out);
    put_field("tracestate", mime->tracestate, out);
    put_field("MIME-Version", "1.0", out);
    put_field("Content-Type", "multipart/alternative; boundary=\"" BOUNDARY "\"", out);
    put_part("plain", mime->text, mime->text_len, out);
    put_part("html", mime->html, mime->html_len, out);
    lbx_buf_str(out, "\r\n--" BOUNDARY "--\r\n");
    if (headers_expected(out->data + begin, out->len - begin))
        return LBX_OK;
    lbx_buf_cut(out, out->len - begin);
    return LBX_ERR_INTERNAL;
}

/* ---- copies ---- */

/* The position of a field, with its folded lines. */
static struct lbx_mime_field field_of(const struct lbx_buf *bytes, const char *name) {
    const size_t len = strlen(name);
    const char *line = bytes->data;
    while (strncmp(line, name, len) != 0 || line[len] != ':')
        line = strchr(line, '\n') + 1;
    const char *end = strchr(line, '\n') + 1;
    while (*end == ' ' || *end == '\t')
        end = strchr(end, '\n') + 1;
    return (struct lbx_mime_field){(size_t)(line - bytes->data), (size_t)(end - line)};
}

enum lbx_err lbx_mime_letter_write(const struct lbx_mime *mime, struct lbx_mime_letter *letter) {
    lbx_buf_clear(&letter->bytes);
    enum lbx_err err = lbx_mime_write(mime, &letter->bytes);
    if (err != LBX_OK)
        return err;
    letter->to = field_of(&letter->bytes, "To");
    letter->date = field_of(&letter->bytes, "Date");
    letter->message_id = field_of(&letter->bytes, "Message-ID");
    return LBX_OK;
}

void lbx_mime_letter_done(struct lbx_mime_letter *letter) {
    lbx_buf_done(&letter->bytes);
}

/* Appends the letter from *at up to the field, and moves *at behind the field. */
static void copy_until(const struct lbx_mime_letter *letter, const struct lbx_mime_field *field,
                       size_t *at, struct lbx_buf *out) {
    lbx_buf_add(out, letter->bytes.data + *at, field->at - *at);
    *at = field->at + field->len;
}

enum lbx_err lbx_mime_letter_copy(const struct lbx_mime_letter *letter, const char *to,
                                  int64_t date, const char *message_id, struct lbx_buf *out) {
    size_t at = 0;
    if (lbx_smtp_address_check(to) || !message_id || !id_valid(message_id, strlen(message_id)))
        return LBX_ERR_INVALID;
    lbx_buf_reserve(out, letter->bytes.len + 2 * LBX_SMTP_ADDRESS_MAX);
    copy_until(letter, &letter->to, &at, out);
    put_bare_address("To", to, out);
    copy_until(letter, &letter->date, &at, out);
    put_date(date, out);
    copy_until(letter, &letter->message_id, &at, out);
    put_field("Message-ID", message_id, out);
    lbx_buf_add(out, letter->bytes.data + at, letter->bytes.len - at);
    return LBX_OK;
}
