/* What a row of the outbox has to be. Apart from outbox.h: the relay reads no JSON, and links no reader of it. */
#ifndef LBX_STORE_OUTBOX_ROW_H
#define LBX_STORE_OUTBOX_ROW_H

#include <stdbool.h>

/* Whether payload is an event with these attributes, as lbx_event_encode writes one: each attribute once and in its order,
 * then data, and nothing behind it. The relay asks before it publishes, so that nobody who writes the table publishes an event
 * under another one's name. Data is looked through for its end alone. */
bool lbx_outbox_holds(const char *id, const char *type, const char *subject, const char *payload);

#endif
