/* The changes of an item with content, as lines of text: used by mail, portal, terminal and report.
 *
 * Nothing is left out or shortened: the lines of a value, joined, are the JSON that the digest covers.
 *
 *   @ PATH    the place of a change (RFC 6901), or "the whole object"
 *   - JSON    before
 *   + JSON    after
 *   ! WORDS   a remark of Lockbox's, on what is easily overlooked in the lines above
 *
 * A continued line has U+2026 instead of the space behind its sign; no JSON begins with that.
 */
#ifndef LBX_MAIL_CHANGES_H
#define LBX_MAIL_CHANGES_H

#include "base/buf.h"

/* Appends the lines, with LF between them; nothing where changes, canonical JSON as in events, is NULL. Text that is no
 * list of changes is shown as it is, with a remark. */
void lbx_changes_words(const char *changes, struct lbx_buf *out);

#endif
