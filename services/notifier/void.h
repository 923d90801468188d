/* Mails that a notifier had claimed when its database session ended: they become due again. */
#ifndef LBX_NOTIFIER_VOID_H
#define LBX_NOTIFIER_VOID_H

#include "ledger.h"

/* Releases them in few transactions. A mail that the database refuses to release is skipped for
 * a minute. Errors of lbx_pg_run, except LBX_ERR_INVALID. */
enum lbx_err void_release(struct ledger *ledger) LBX_MUST_CHECK;

#endif
