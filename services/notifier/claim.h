/* Claim batches: mails claimed together, with their memory. */
#ifndef LBX_NOTIFIER_CLAIM_H
#define LBX_NOTIFIER_CLAIM_H

#include "ledger.h"

/* Makes an empty claim batch. Its memory lives until the last of its mails is released. Not
 * thread-safe: the dispatcher that claimed the mails releases them. */
struct claim *claim_new(void);
void claim_release(struct mail *list);

/* Reads mail number i of the last ledger_transact into the batch. before: the mail read before
 * it, NULL for the first. Mails of one notice are consecutive, and the first has the snapshot. */
struct mail *claim_read(const struct ledger *ledger, size_t i, struct claim *claim,
                        const struct mail *before);

#endif
