/* What a customer is to hear of, and in which words: the one place that says so, whether a record was read from the audit
 * store or from Kafka. */
#ifndef LOCKBOXCTL_AUDIT_MEANING_H
#define LOCKBOXCTL_AUDIT_MEANING_H

#include "alarms.h"
#include "event/record.h"

/* Whether a record of events.v1 opened access without a signature, or changed who may open it. The alarm's text lives in the
 * arena, but for its topic, which is the record's log. A record that breaks its schema alarms all the same: somebody wrote
 * it. */
bool meaning_of_event(const struct lbx_record *record, struct lbx_arena *arena,
                      struct alarm *ret_alarm);

enum { MEANINGS_OF_ACCESS = 2 };

/* The violations that a record of accesses.v1 is by itself, and how many: access past every authorizer, a report that came
 * late, or one that nobody can read. What a grant would have to cover is the store's to say. */
size_t meaning_of_access(const struct lbx_record *record, struct lbx_arena *arena,
                         struct alarm ret_alarms[MEANINGS_OF_ACCESS]);

/* Of a violation, what was done: who, what and where; any may be NULL. */
const char *meaning_of_deed(struct lbx_arena *arena, const char *engineer_id, const char *action,
                            const char *resource_id);

/* Whether an alarm is of a tenant (NULL: any). What is nobody's is everybody's. */
bool meaning_concerns(const struct alarm *alarm, const char *tenant_id);

/* ---- logs ---- */

struct alarm meaning_log_gone(struct lbx_arena *arena, const char *origin);
/* A checkpoint of `size` does not continue the one of size `before`. partition -1: topic is an origin. */
struct alarm meaning_not_extended(struct lbx_arena *arena, const char *topic, int32_t partition,
                                  uint64_t size, uint64_t before);
/* Enough witnesses saw the log up to before the offset only. */
struct alarm meaning_not_witnessed(const char *topic, int32_t partition, int64_t offset);

#endif
