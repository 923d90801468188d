/* Publishing, for decisions, ticket and tenant events, and quarantine replay. */
#ifndef LOCKBOXCTL_PUBLISH_H
#define LOCKBOXCTL_PUBLISH_H

#include "command.h"

#include "base/uuid.h"
#include "event/payload.h"

/* A CloudEvent as a record. It must not be copied or moved, as the record points into the struct. */
struct ctl_message {
    char event_id[LBX_UUID_SIZE];
    struct lbx_buf value;
    struct lbx_header content_type;
    struct lbx_record record;
};

void ctl_message_done(struct ctl_message *m);
#define CTL_MESSAGE LBX_CLEANUP(ctl_message_done)

/* Makes a UUIDv7. */
void ctl_event_id(char ret_id[LBX_UUID_SIZE]);

/* Fills *m. key: of the record, and the event's subject. data: the struct of the type's table.
 * False, with the error printed: the event's reader would reject it. */
bool ctl_message_write(struct ctl *ctl, enum lbx_event_type type, const char *key, const void *data,
                       struct ctl_message *m);

/* A record's partition and offset. */
struct ctl_place {
    int32_t partition;
    int64_t offset;
};

/* Sends a record to its topic, and waits until the brokers have it. Prints errors. */
enum ctl_exit ctl_send(const struct ctl *ctl, const struct lbx_record *record,
                       struct ctl_place *ret_place);

/* Sends the message, and prints the event's id; with --dry-run prints the event instead. */
enum ctl_exit ctl_publish(const struct ctl *ctl, const struct ctl_message *m);

#endif
