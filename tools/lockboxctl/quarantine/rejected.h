/* A rejected record, as in the answer of quarantine_show.sql. */
#ifndef LOCKBOXCTL_REJECTED_H
#define LOCKBOXCTL_REJECTED_H

#include "bytes.h"
#include "database.h"

struct ctl_rejected {
    struct ctl_bytes key, value;
    struct lbx_header *headers;
    size_t header_count;
    bool is_cut; /* the quarantine has only its first bytes */
};

/* Copies the record from the answer's only row, into the arena. */
enum ctl_exit ctl_rejected_read(struct ctl *ctl, const struct lbx_pg *pg,
                                struct ctl_rejected *ret_record);

/* Whether id has the form that quarantine list prints. False, with the error printed: it has not. */
bool ctl_quarantine_id_is_valid(const char *id);

#endif
