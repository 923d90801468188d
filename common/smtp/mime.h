/* Writes one mail as bytes (RFC 5322, MIME), by GMime, which no other file uses.
 *
 * multipart/alternative of text and HTML, UTF-8, quoted-printable, CRLF. The same input gives
 * the same bytes, so that a repeated mail is identical. */
#ifndef LBX_SMTP_MIME_H
#define LBX_SMTP_MIME_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct lbx_mime {
    const char *from, *from_name;         /* address without name; name may be NULL */
    const char *to, *to_name;             /* the same */
    const char *subject;                  /* any text */
    int64_t date;                         /* microseconds since the epoch */
    const char *message_id;               /* "<left@right>" */
    const char *in_reply_to;              /* one message id, or NULL */
    const char *references;               /* message ids, a space between two, or NULL */
    const char *list_id;                  /* "lockbox.example.com", or NULL */
    const char *traceparent, *tracestate; /* W3C Trace Context, printable ASCII, or NULL */
    const char *text, *html;              /* lines end in \n */
    size_t text_len, html_len;
};

/* Appends the message. Its header fields are From, To, Subject, Date, Message-ID,
 * Auto-Submitted: auto-generated, MIME-Version, Content-Type, and In-Reply-To, References,
 * List-Id, traceparent and tracestate if given. Control characters in names and subject become
 * spaces. LBX_ERR_INVALID: lbx_smtp_address_check refuses an address, or an id is malformed. */
enum lbx_err lbx_mime_write(const struct lbx_mime *mime, struct lbx_buf *out) LBX_MUST_CHECK;

/* A message for several recipients, written once. Each copy has its own recipient, date and
 * Message-ID. Starts zeroed. */
struct lbx_mime_letter {
    struct lbx_buf bytes;
    struct lbx_mime_field {
        size_t at, len; /* of the field in bytes, with its CRLF */
    } to, date, message_id;
};

/* Replaces the letter; errors as lbx_mime_write. */
enum lbx_err lbx_mime_letter_write(const struct lbx_mime *mime, struct lbx_mime_letter *letter)
    LBX_MUST_CHECK;
void lbx_mime_letter_done(struct lbx_mime_letter *letter);

/* Appends a copy: the bytes of lbx_mime_write with these values instead of the letter's, and
 * without to_name. Errors as lbx_mime_write. */
enum lbx_err lbx_mime_letter_copy(const struct lbx_mime_letter *letter, const char *to,
                                  int64_t date, const char *message_id, struct lbx_buf *out)
    LBX_MUST_CHECK;

#endif
