/* An approver's signature under a decision (docs/signatures.md), and the public half and the proof
 * of an approver's key. */
#ifndef LOCKBOXCTL_SIGN_H
#define LOCKBOXCTL_SIGN_H

#include "command.h"

#include "event/payload.h"

/* Signs with the key of --sign-with: fills decision->signature, in the arena. What is signed is the
 * request's digest, computed here from the request as it stands in the operational database. */
enum ctl_exit ctl_sign(struct ctl *ctl, struct lbx_decision_submitted *decision);

/* The public key of a private key's file as JWK. False, with the words printed, where there is
 * none. */
bool ctl_public_jwk(struct ctl *ctl, const char *path, struct lbx_jwk *ret_jwk);

/* Fills the proof of an approver_key_set event, in the arena: a JWS by the private key in the file, which says that
 * whoever publishes the key has it. False, with the words printed, where the file holds none. */
bool ctl_prove_key(struct ctl *ctl, const char *path, struct lbx_tenant_event *event);

#endif
