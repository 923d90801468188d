/* Events as sentences, in words fit for a terminal. */
#ifndef LOCKBOXCTL_STORY_H
#define LOCKBOXCTL_STORY_H

#include "sentences.h"

/* What a record says happened, as a sentence, and who did it (left empty where nobody did, or where
 * it is not known). `type` is the CloudEvents type as recorded, NULL: none. */
void ctl_put_story(const struct lbx_record *record, const char *type, struct lbx_arena *arena,
                   struct lbx_buf *what, struct lbx_buf *who);

#endif
