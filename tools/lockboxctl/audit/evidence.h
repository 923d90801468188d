/* Records that somebody asked for, each with the log and the checkpoint that it is proved by: what
 * an export writes and a report shows.
 */
#ifndef LOCKBOXCTL_AUDIT_EVIDENCE_H
#define LOCKBOXCTL_AUDIT_EVIDENCE_H

#include "keys.h"
#include "stored_logs.h"

/* One of: a request, a tenant, a time. */
struct selection {
    const char *request, *tenant, *from, *to;
};

/* A log, the checkpoint that its records are proved by, and the hashes that proofs are made of. */
struct proving {
    const struct log *log; /* NULL: none of the records is its */
    const char *note;      /* with what witnesses signed of it */
    uint64_t size;
    size_t records;
    struct log_hashes hashes;
};

struct chosen {
    char topic[256];
    int32_t partition;
    int64_t offset;
};

struct evidence {
    struct ctl *ctl;
    struct selection selection;
    struct lbx_pg *pg, *hashes; /* the records, as of one moment; what proves them */
    struct logs logs;
    struct trusted trusted;
    struct chosen *list; /* by topic, partition and offset */
    size_t count;
    const char *
        *missing; /* a sentence for each event whose cause the store lacks; only of a request */
    size_t missing_count;
    struct proving *proving; /* as many as logs */
    struct lbx_arena arena;  /* of the record in hand */
};

/* Chooses the records, and waits up to 10 s until the store has what a request's events name as their cause, and checkpoints
 * cover all. CTL_NO: no checkpoint covers one. What is still missing is in the list of that name. */
enum ctl_exit evidence_open(struct evidence *e, struct ctl *ctl, const struct selection *selection);
/* Says what is missing. CTL_NO: something is. */
enum ctl_exit evidence_complete(const struct evidence *e);
void evidence_done(struct evidence *e);
#define EVIDENCE LBX_CLEANUP(evidence_done)

/* Each record in the list's order; it lives as long as the call. */
typedef enum ctl_exit evidence_visit(void *context, struct evidence *e,
                                     const struct lbx_record *record, struct proving *proving);
enum ctl_exit evidence_each(struct evidence *e, evidence_visit *visit, void *context);

#endif
