/* A cluster's audit events as accesses. */
#ifndef AUTHORIZER_AUDIT_H
#define AUTHORIZER_AUDIT_H

#include "base/buf.h"
#include "decide.h"

/* audit.k8s.io/v1 EventList: each engineer's event is an access; others' are passed over. LBX_OK: Kafka has all of them.
 * LBX_ERR_UNAVAILABLE: it may have none. LBX_ERR_INVALID: the body is no such list, or Kafka has all but those events
 * that cannot be read, and the quarantine has the body; *ret_reason says why. The answer is empty, *ret_code NULL. */
enum lbx_err audit_record(const struct review *review, const struct lbx_buf *body,
                          struct lbx_buf *answer, const char **ret_code,
                          struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif
