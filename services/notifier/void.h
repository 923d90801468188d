/* Mails that a notifier had claimed when its database session ended: they are due again. */
#ifndef LBX_NOTIFIER_VOID_H
#define LBX_NOTIFIER_VOID_H

#include "ledger.h"

/* Releases them, each in one of few transactions. A mail of which the database takes nothing is left out for a minute, and holds
 * up no other. Errors of lbx_pg_run but LBX_ERR_INVALID. */
enum lbx_err void_release(struct ledger *ledger) LBX_MUST_CHECK;

#endif
