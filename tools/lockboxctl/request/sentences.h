/* What the sentences of story.c are made of: persons, remarks, and those families of events that have a file of their own. */
#ifndef LOCKBOXCTL_SENTENCES_H
#define LOCKBOXCTL_SENTENCES_H

#include "base/buf.h"
#include "event/envelope.h"

/* "Lena Fischer (lena@contoso.example)", or what of it is known. */
void ctl_put_person(const struct lbx_principal *person, struct lbx_buf *out);

/* What an access without an action was: "get pods/exec". */
void ctl_put_other_access(const struct lbx_access_performed *access, struct lbx_buf *out);

/* ": text", where there is any. */
void ctl_put_remark(const char *text, struct lbx_buf *out);

struct ctl_told {
    enum lbx_event_type type;
    struct lbx_buf *what, *who;
    struct lbx_arena *arena;
};

void ctl_tell_tenant(const void *data, const struct ctl_told *told);
void ctl_tell_quarantine(const void *data, const struct ctl_told *told);
void ctl_tell_operator(const void *data, const struct ctl_told *told);

#endif
