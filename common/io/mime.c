#include "io/mime.h"

#include "base/utf8.h"
#include "io/smtp.h"

#include <gmime/gmime.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Quoted-printable never yields "=_", so no body can contain the boundary (RFC 2045 6.7). */
#define BOUNDARY "=_lockbox_alternative"

static void unref(void *held) {
    GObject **object = held;
    if (*object)
        g_object_unref(*object);
}
#define UNREF LBX_CLEANUP(unref)

/* Well-formed text without controls: those become spaces, ill-formed bytes U+FFFD. */
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

/* RFC 2047 encoded words, each of whole characters. */
static void encode_words(const struct lbx_buf *text, struct lbx_buf *out) {
    enum { WORD_BYTES = 45 }; /* 60 in base64, and 12 around them: at most 75 */
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

/* Text for a header, ASCII. What looks like an encoded word is encoded as well: GMime would leave it,
 * and the reader decode what nobody encoded, line breaks included. */
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

/* "<left@right>" of what an address may be made of (RFC 5322 3.6.4, without its obsolete forms). */
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

static bool valid(const struct lbx_mime *mime) {
    return !lbx_smtp_address_check(mime->from) && !lbx_smtp_address_check(mime->to) &&
           mime->message_id && id_valid(mime->message_id, strlen(mime->message_id)) &&
           (!mime->in_reply_to || id_valid(mime->in_reply_to, strlen(mime->in_reply_to))) &&
           (!mime->references || ids_valid(mime->references)) &&
           (!mime->list_id || list_id_valid(mime->list_id));
}

static void set_address(GMimeMessage *message, GMimeAddressType type, const char *name,
                        const char *address) {
    struct lbx_buf phrase LBX_BUF = {0};
    header_text(name ? name : "", &phrase);
    g_mime_message_add_mailbox(message, type, phrase.len ? phrase.data : NULL, address);
}

static void set_raw(GMimeMessage *message, const char *name, const char *value) {
    if (value)
        g_mime_object_set_header(GMIME_OBJECT(message), name, value, NULL);
}

static void add_part(GMimeMultipart *to, const char *subtype, const char *text, size_t len) {
    GMimeStream *bytes UNREF = g_mime_stream_mem_new_with_buffer(text, len);
    GMimeDataWrapper *content UNREF =
        g_mime_data_wrapper_new_with_stream(bytes, GMIME_CONTENT_ENCODING_DEFAULT);
    GMimePart *part UNREF = g_mime_part_new_with_type("text", subtype);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_part_set_content(part, content);
    g_mime_multipart_add(to, GMIME_OBJECT(part));
}

/* Holds what the header promises against the bytes themselves, whatever GMime did: each field name
 * at most once, none but ours, the required ones there. */
static bool headers_expected(const char *bytes, size_t len) {
    static const struct {
        const char *name;
        bool required;
    } fields[] = {
        {"From", true},         {"To", true},           {"Subject", true},
        {"Date", true},         {"Message-ID", true},   {"In-Reply-To", false},
        {"References", false},  {"List-Id", false},     {"Auto-Submitted", true},
        {"MIME-Version", true}, {"Content-Type", true},
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
                strncasecmp(line, fields[i].name, n) == 0) {
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
    if (!valid(mime))
        return LBX_ERR_INVALID;
    (void)pthread_once(&gmime_once, g_mime_init);

    GMimeMessage *message UNREF = g_mime_message_new(FALSE);
    set_address(message, GMIME_ADDRESS_TYPE_FROM, mime->from_name, mime->from);
    set_address(message, GMIME_ADDRESS_TYPE_TO, mime->to_name, mime->to);
    struct lbx_buf subject LBX_BUF = {0};
    header_text(mime->subject, &subject);
    g_mime_message_set_subject(message, subject.data, "utf-8");
    GDateTime *date = g_date_time_new_from_unix_utc(mime->date / 1000000);
    g_mime_message_set_date(message, date);
    g_date_time_unref(date);
    set_raw(message, "Message-ID", mime->message_id);
    set_raw(message, "In-Reply-To", mime->in_reply_to);
    set_raw(message, "References", mime->references);
    if (mime->list_id) {
        char list_id[LBX_SMTP_ADDRESS_MAX + 3];
        (void)snprintf(list_id, sizeof list_id, "<%s>", mime->list_id);
        set_raw(message, "List-Id", list_id);
    }
    set_raw(message, "Auto-Submitted", "auto-generated");

    GMimeMultipart *alternative UNREF = g_mime_multipart_new_with_subtype("alternative");
    g_mime_multipart_set_boundary(alternative, BOUNDARY);
    add_part(alternative, "plain", mime->text, mime->text_len);
    add_part(alternative, "html", mime->html, mime->html_len);
    g_mime_message_set_mime_part(message, GMIME_OBJECT(alternative));

    GMimeFormatOptions *format = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    GByteArray *bytes = g_byte_array_new();
    GMimeStream *stream UNREF = g_mime_stream_mem_new_with_byte_array(bytes); /* owns bytes */
    gssize written = g_mime_object_write_to_stream(GMIME_OBJECT(message), format, stream);
    g_mime_format_options_free(format);

    if (written < 0 || !headers_expected((const char *)bytes->data, bytes->len))
        return LBX_ERR_INTERNAL;
    lbx_buf_add(out, bytes->data, bytes->len);
    return LBX_OK;
}

/* ---- copies ---- */

/* Where a field stands, folded lines and all. */
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

/* Appends the letter from *at up to the field, and moves *at behind it. */
static void copy_until(const struct lbx_mime_letter *letter, const struct lbx_mime_field *field,
                       size_t *at, struct lbx_buf *out) {
    lbx_buf_add(out, letter->bytes.data + *at, field->at - *at);
    *at = field->at + field->len;
}

/* As GMime folds it: an address that would make the line longer than 78 stands on the next. */
static void put_to(const char *to, struct lbx_buf *out) {
    enum { LINE = 78 };
    const bool fits = strlen("To: ") + strlen(to) <= LINE;
    lbx_buf_str(out, fits ? "To: " : "To:\r\n\t");
    lbx_buf_str(out, to);
    lbx_buf_str(out, "\r\n");
}

/* RFC 5322 3.3, in UTC. */
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

enum lbx_err lbx_mime_letter_copy(const struct lbx_mime_letter *letter, const char *to,
                                  int64_t date, const char *message_id, struct lbx_buf *out) {
    size_t at = 0;
    if (lbx_smtp_address_check(to) || !message_id || !id_valid(message_id, strlen(message_id)))
        return LBX_ERR_INVALID;
    copy_until(letter, &letter->to, &at, out);
    put_to(to, out);
    copy_until(letter, &letter->date, &at, out);
    put_date(date, out);
    copy_until(letter, &letter->message_id, &at, out);
    lbx_buf_printf(out, "Message-ID: %s\r\n", message_id);
    lbx_buf_add(out, letter->bytes.data + at, letter->bytes.len - at);
    return LBX_OK;
}
