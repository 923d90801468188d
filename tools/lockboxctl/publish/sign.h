/* An approver's signature on a decision (docs/signatures.md), and the public half and proof of
 * an approver's key. */
#ifndef LOCKBOXCTL_SIGN_H
#define LOCKBOXCTL_SIGN_H

#include "command.h"

#include "event/payload.h"

/* Signs with the key of --sign-with: sets decision->signature, in the arena. The signed digest
 * is computed here, from the request in the operational database. */
enum ctl_exit ctl_sign(struct ctl *ctl, struct lbx_decision_submitted *decision);

/* The public key, as JWK, of a private key's file. False, with the error printed: no such key. */
bool ctl_public_jwk(struct ctl *ctl, const char *path, struct lbx_jwk *ret_jwk);

/* Sets the proof of possession of an approver_key_set event, in the arena: a JWS by the private
 * key in the file. False, with the error printed: no such key. */
bool ctl_prove_key(struct ctl *ctl, const char *path, struct lbx_tenant_event *event);

#endif
