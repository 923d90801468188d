/* Publishes a cluster's audit events as accesses. */
#ifndef AUTHORIZER_AUDIT_H
#define AUTHORIZER_AUDIT_H

#include "base/buf.h"
#include "decide.h"

/* Takes an audit.k8s.io/v1 EventList: each event of an engineer is an access, others are skipped. LBX_OK: Kafka has all of
 * them. LBX_ERR_UNAVAILABLE: it is not known. LBX_ERR_INVALID: the body is no EventList, or some events are malformed: Kafka
 * has the others, and the quarantine has the body; *ret_reason says why. The answer's body is empty, *ret_code NULL. */
enum lbx_err audit_record(const struct review *review, const struct lbx_buf *body,
                          struct lbx_buf *answer, const char **ret_code,
                          struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif
