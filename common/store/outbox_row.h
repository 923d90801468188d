/* Checks a row of the outbox. Apart from outbox.h, as the relay links no JSON reader. */
#ifndef LBX_STORE_OUTBOX_ROW_H
#define LBX_STORE_OUTBOX_ROW_H

#include <stdbool.h>

/* Whether payload is an event with these attributes, as lbx_event_encode writes it: each attribute
 * once and in order, then data, and nothing behind. The relay checks this before it publishes, so that
 * a writer of the table cannot forge an event's id or type. Data is only passed over. */
bool lbx_outbox_holds(const char *id, const char *type, const char *subject, const char *payload);

#endif
