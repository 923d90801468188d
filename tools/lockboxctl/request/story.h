/* Events as sentences for a terminal. */
#ifndef LOCKBOXCTL_STORY_H
#define LOCKBOXCTL_STORY_H

#include "sentences.h"

/* Appends a record's event as a sentence, and its actor (empty if there is none, or unknown).
 * `type` is the CloudEvents type as stored, NULL: none. */
void ctl_put_story(const struct lbx_record *record, const char *type, struct lbx_arena *arena,
                   struct lbx_buf *what, struct lbx_buf *who);

#endif
