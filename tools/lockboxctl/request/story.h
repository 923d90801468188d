/* People and remarks, in words fit for a terminal. */
#ifndef LOCKBOXCTL_STORY_H
#define LOCKBOXCTL_STORY_H

#include "base/buf.h"
#include "event/envelope.h"

/* "Lena Fischer (lena@contoso.example)", or what of it is known. */
void ctl_put_person(const struct lbx_principal *person, struct lbx_buf *out);

/* What an access without an action was: "get pods/exec". */
void ctl_put_other_access(const struct lbx_access_performed *access, struct lbx_buf *out);

/* ": text", where there is any. */
void ctl_put_remark(const char *text, struct lbx_buf *out);

/* What a record says happened, as a sentence, and who did it (left empty where nobody did, or where
 * it is not known). `type` is the CloudEvents type as recorded, NULL: none. */
void ctl_put_story(const struct lbx_record *record, const char *type, struct lbx_arena *arena,
                   struct lbx_buf *what, struct lbx_buf *who);

#endif
