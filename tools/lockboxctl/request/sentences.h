/* Parts of story.c's sentences: persons, remarks, and families of events with a file of their own. */
#ifndef LOCKBOXCTL_SENTENCES_H
#define LOCKBOXCTL_SENTENCES_H

#include "base/buf.h"
#include "event/envelope.h"

/* Appends "Lena Fischer (lena@contoso.example)", or those parts that are known. */
void ctl_put_person(const struct lbx_principal *person, struct lbx_buf *out);

/* Describes an access that is no item: "get pods/exec". */
void ctl_put_other_access(const struct lbx_access_performed *access, struct lbx_buf *out);

/* Appends ": text", if there is any. */
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
