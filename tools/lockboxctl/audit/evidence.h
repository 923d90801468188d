/* Selected records, each with its log and a checkpoint that proves it: the content of an export
 * or a report. */
#ifndef LOCKBOXCTL_AUDIT_EVIDENCE_H
#define LOCKBOXCTL_AUDIT_EVIDENCE_H

#include "keys.h"
#include "stored_logs.h"

/* One of: a request, a tenant, a time range. */
struct selection {
    const char *request, *tenant, *from, *to;
};

/* A log with the checkpoint that proves its records, and the hashes for the proofs. */
struct proving {
    const struct log *log; /* NULL: none of the records is in it */
    const char *note;      /* with the witnesses' cosignatures */
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
    struct lbx_pg *pg, *hashes; /* for records and for hashes, with one snapshot */
    struct logs logs;
    struct trusted trusted;
    struct chosen *list; /* by topic, partition and offset */
    size_t count;
    const char **missing; /* a sentence for each event of a request whose cause is not stored */
    size_t missing_count;
    struct proving *proving; /* as many as logs */
    struct lbx_arena arena;  /* of the current record */
};

/* Selects the records. Waits up to 10 s until the causes of a request's events are stored, and checkpoints
 * cover all records. CTL_NO: a record is not covered. Causes still missing are in `missing`. */
enum ctl_exit evidence_open(struct evidence *e, struct ctl *ctl, const struct selection *selection);
/* Prints missing causes. CTL_NO: there are some. */
enum ctl_exit evidence_complete(const struct evidence *e);
void evidence_done(struct evidence *e);
#define EVIDENCE LBX_CLEANUP(evidence_done)

/* Called for each record in the list's order; it lives until the call returns. */
typedef enum ctl_exit evidence_visit(void *context, struct evidence *e,
                                     const struct lbx_record *record, struct proving *proving);
enum ctl_exit evidence_each(struct evidence *e, evidence_visit *visit, void *context);

#endif
