/* The changes of an item with content, as lines to be read: the one source of what mail, portal, terminal and report show.
 *
 * Nothing is left out and nothing is shortened: the lines of a value, put together, are the JSON that the digest covers.
 *
 *   @ PATH    where something changes (RFC 6901), or "the whole object"
 *   - JSON    before
 *   + JSON    after
 *   ! WORDS   a remark of Lockbox's own: what the lines above have that is easily overlooked
 *
 * A line that goes on has U+2026 in the place of the space behind its sign; no line of JSON begins with one.
 */
#ifndef LBX_MAIL_CHANGES_H
#define LBX_MAIL_CHANGES_H

#include "base/buf.h"

/* Appends the lines, LF between; nothing where changes, canonical JSON as events have it, is NULL. What is no list of
 * changes is shown as it is, remarked upon. */
void lbx_changes_words(const char *changes, struct lbx_buf *out);

#endif
