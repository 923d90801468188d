/* One mail as bytes (RFC 5322, MIME): the only place that knows GMime.
 *
 * multipart/alternative of text and HTML, UTF-8, quoted-printable, lines of CRLF. The same input
 * gives the same bytes, so that a repeated mail is the same mail.
 */
#ifndef LBX_SMTP_MIME_H
#define LBX_SMTP_MIME_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct lbx_mime {
    const char *from, *from_name;         /* bare address; name may be NULL */
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

/* Appends the message. Headers are exactly From, To, Subject, Date, Message-ID, Auto-Submitted:
 * auto-generated, MIME-Version, Content-Type, and In-Reply-To, References, List-Id, traceparent,
 * tracestate where given;
 * control characters in names and subject become spaces. LBX_ERR_INVALID: an address that
 * lbx_smtp_address_check refuses, or ids of another form. */
enum lbx_err lbx_mime_write(const struct lbx_mime *mime, struct lbx_buf *out) LBX_MUST_CHECK;

/* A message that goes to several, each a copy with recipient, date and Message-ID of its own. It is
 * written once. Starts zeroed. */
struct lbx_mime_letter {
    struct lbx_buf bytes;
    struct lbx_mime_field {
        size_t at, len; /* of the whole field in bytes, with its CRLF */
    } to, date, message_id;
};

/* Replaces what the letter held; errors as lbx_mime_write's. */
enum lbx_err lbx_mime_letter_write(const struct lbx_mime *mime, struct lbx_mime_letter *letter)
    LBX_MUST_CHECK;
void lbx_mime_letter_done(struct lbx_mime_letter *letter);

/* Appends the copy: the bytes that lbx_mime_write would write with these in place of the letter's
 * own, and no to_name. Errors as lbx_mime_write's. */
enum lbx_err lbx_mime_letter_copy(const struct lbx_mime_letter *letter, const char *to,
                                  int64_t date, const char *message_id, struct lbx_buf *out)
    LBX_MUST_CHECK;

#endif
