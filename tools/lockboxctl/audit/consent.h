/* What an export proves of who agreed to what: that requests are what their digests say, and that the signatures of the
 * decisions that counted are their signers'. The keys are those that the export has. docs/signatures.md.
 */
#ifndef LOCKBOXCTL_AUDIT_CONSENT_H
#define LOCKBOXCTL_AUDIT_CONSENT_H

#include "base/map.h"
#include "event/record.h"
#include "findings.h"

struct consent {
    struct findings *findings;
    struct lbx_arena arena, scratch; /* what is kept, and the record in hand */
    struct lbx_map requests, keys, judged;
    int64_t hold, keyless; /* signatures that hold, and those whose key is not here */
};

/* findings: borrowed; what is wrong is told there, with the place of the record at fault. */
void consent_init(struct consent *consent, struct findings *findings);
void consent_done(struct consent *consent);

/* First every record is learnt from, then every record is checked: Lockbox's events tell which decisions counted, and the
 * decisions stand before them in an export. */
void consent_learn(struct consent *consent, const struct lbx_record *record);
void consent_check(struct consent *consent, const struct lbx_record *record);

#endif
