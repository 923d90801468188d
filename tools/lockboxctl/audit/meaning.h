/* Which records need an alarm, and its text: the same for records of the audit store and of
 * Kafka. */
#ifndef LOCKBOXCTL_AUDIT_MEANING_H
#define LOCKBOXCTL_AUDIT_MEANING_H

#include "alarms.h"
#include "event/record.h"

/* Whether a record of events.v1 opened access without a signature, or changed who may open it.
 * The alarm's texts are in the arena, except its topic, which is the record's log. A malformed
 * record needs an alarm as well, as a program wrote it. */
bool meaning_of_event(const struct lbx_record *record, struct lbx_arena *arena,
                      struct alarm *ret_alarm);

enum { MEANINGS_OF_ACCESS = 2 };

/* Adds the violations that a record of accesses.v1 is by itself, and returns their number: access
 * without any authorizer, a late report, or an unreadable one. Grants are checked by the store. */
size_t meaning_of_access(const struct lbx_record *record, struct lbx_arena *arena,
                         struct alarm ret_alarms[MEANINGS_OF_ACCESS]);

/* Describes a violation: who, what and where; each may be NULL. */
const char *meaning_of_deed(struct lbx_arena *arena, const char *engineer_id, const char *action,
                            const char *resource_id);

/* Whether an alarm concerns a tenant (NULL: any). An alarm without a tenant concerns all. */
bool meaning_concerns(const struct alarm *alarm, const char *tenant_id);

/* ---- logs ---- */

struct alarm meaning_log_gone(struct lbx_arena *arena, const char *origin);
/* The alarm for a checkpoint of `size` that does not extend the one of size `before`. partition -1: topic is an origin. */
struct alarm meaning_not_extended(struct lbx_arena *arena, const char *topic, int32_t partition,
                                  uint64_t size, uint64_t before);
/* The alarm for a log that enough witnesses saw up to the offset only. */
struct alarm meaning_not_witnessed(const char *topic, int32_t partition, int64_t offset);

#endif
