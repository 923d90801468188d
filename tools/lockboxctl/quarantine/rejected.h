/* A rejected record as quarantine_show.sql answers with it. */
#ifndef LOCKBOXCTL_REJECTED_H
#define LOCKBOXCTL_REJECTED_H

#include "bytes.h"
#include "database.h"

struct ctl_rejected {
    struct ctl_bytes key, value;
    struct lbx_header *headers;
    size_t header_count;
    bool is_cut; /* the quarantine keeps the first of it only */
};

/* Copies the record out of the answer's only row, into the arena. */
enum ctl_exit ctl_rejected_read(struct ctl *ctl, const struct lbx_pg *pg,
                                struct ctl_rejected *ret_record);

/* Whether id has the form of those that quarantine list prints; says so where not. */
bool ctl_quarantine_id_is_valid(const char *id);

#endif
