/* Kubernetes's webhook protocols: reviews and their answers, in JSON. */
#ifndef AUTHORIZER_REVIEWS_H
#define AUTHORIZER_REVIEWS_H

#include "base/buf.h"
#include "decide.h"

/* authorization.k8s.io/v1 SubjectAccessReview, admission.k8s.io/v1 AdmissionReview. LBX_ERR_INVALID: the body is
 * malformed; *ret_reason says why, without values. *ret_code: why the review was refused, static; NULL: it was not. */
enum lbx_err reviews_authorize(const struct review *review, const struct lbx_buf *body,
                               struct lbx_buf *answer, const char **ret_code,
                               struct lbx_reason *ret_reason) LBX_MUST_CHECK;
enum lbx_err reviews_admit(const struct review *review, const struct lbx_buf *body,
                           struct lbx_buf *answer, const char **ret_code,
                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif
