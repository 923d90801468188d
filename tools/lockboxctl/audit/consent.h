/* What an export proves about consent: that each request has its digest, in every version, and that the counted
 * decisions were signed by their voters, by the keys in the export (docs/signatures.md). */
#ifndef LOCKBOXCTL_AUDIT_CONSENT_H
#define LOCKBOXCTL_AUDIT_CONSENT_H

#include "base/map.h"
#include "event/record.h"
#include "findings.h"

struct consent {
    struct findings *findings;
    struct lbx_arena arena, scratch; /* of what is kept; of the current record */
    struct lbx_map requests, keys, judged, signers;
    int64_t hold, keyless; /* valid signatures, and those whose key is not in the export */
};

/* findings is borrowed; each finding has the record's topic, partition and offset. */
void consent_init(struct consent *consent, struct findings *findings);
void consent_done(struct consent *consent);

/* To be called for each record of an export before consent_check is called for each: Lockbox's
 * events, which say which decisions counted, come after the decisions. */
void consent_learn(struct consent *consent, const struct lbx_record *record);
void consent_check(struct consent *consent, const struct lbx_record *record);

/* Adds the findings about decisions, once all records were checked. */
void consent_end(struct consent *consent);

#endif
