/* Claim batches: mails that were claimed together, and their memory. */
#ifndef LBX_NOTIFIER_CLAIM_H
#define LBX_NOTIFIER_CLAIM_H

#include "ledger.h"

/* The mails of one claim batch and their memory, which lives until the last of them is released.
 * Not thread-safe: the dispatcher that claimed them releases them. */
struct claim *claim_new(void);
void claim_release(struct mail *list);

/* Reads the claimed mail number i of the last ledger_transact into the batch. before: the mail read
 * before it, NULL for the first: mails of one request stand side by side, and the first has the
 * request. */
struct mail *claim_read(const struct ledger *ledger, size_t i, struct claim *claim,
                        const struct mail *before);

#endif
