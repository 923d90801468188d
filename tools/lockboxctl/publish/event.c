/* ticket …, tenant …, access report: publish an event like a ticketing system, a portal or an
 * enforcement point. The command's row has the event type, whose table has the fields. Fail with
 * the error printed. */
#include "commands.h"

#include "event/signature.h"
#include "fields.h"
#include "publish.h"
#include "sign.h"

#include <string.h>

/* All fields as words, with the topic's key from the first argument. */
static const char *const *with_key(struct ctl *ctl, const char *key) {
    size_t count = 0;
    while (ctl->rest[count])
        count++;
    const char **words = LBX_ARENA_ARRAY(&ctl->arena, const char *, count + 2);
    words[0] = lbx_arena_printf(&ctl->arena, "%s=%s", key, ctl->args[0]);
    memcpy(words + 1, ctl->rest, sizeof *words * (count + 1));
    return words;
}

/* Adds a proof of possession for a key given as a private key's file, unless the words have one. */
static bool prove(struct ctl *ctl, const struct lbx_table *table, const char *const *words,
                  struct lbx_tenant_event *event) {
    const char *file = ctl_field_value(table, "public_key", words);
    if (!file || !*file || *file == '{' || lbx_signature_is_there(&event->proof))
        return true;
    return ctl_prove_key(ctl, file, event);
}

enum ctl_exit ctl_publish_event(struct ctl *ctl) {
    enum lbx_event_type type = (enum lbx_event_type)ctl->command->event;
    const struct lbx_event_type_info *info = lbx_event_type_info(type);
    struct ctl_message message CTL_MESSAGE = {0};
    struct lbx_buf json LBX_BUF = {0};
    struct lbx_reason reason;
    void *data = lbx_arena_alloc(&ctl->arena, info->data->size);
    const char *const *words = with_key(ctl, lbx_topic_key(info->topic));
    if (!ctl_fields_write(ctl, info->data, words, &json))
        return CTL_USAGE;
    if (lbx_json_read(info->data, json.data, json.len, "", &ctl->arena, data, &reason) != LBX_OK)
        return ctl_fail(CTL_USAGE, "%s; see lockboxctl %s --help", reason.text, ctl->command->name);
    if (type == LBX_EVENT_TENANT_APPROVER_KEY_SET && !prove(ctl, info->data, words, data))
        return CTL_USAGE;
    if (!ctl_message_write(ctl, type, ctl->args[0], data, &message))
        return CTL_USAGE;
    return ctl_publish(ctl, &message);
}
