/* The values of mails about a tenant: the change, its author, and the number of approvers left. Cannot fail. */
#include "mail/subject.h"
#include "mail/words.h"

static const struct lbx_tenant_changed *change_of(const void *subject) {
    static const struct lbx_tenant_changed none;
    return input_of(subject)->change ? input_of(subject)->change : &none;
}

static const struct lbx_approvers_missing *missing_of(const void *subject) {
    static const struct lbx_approvers_missing none;
    return input_of(subject)->missing ? input_of(subject)->missing : &none;
}

void lbx_mail_write_tenant_id(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    put(input_of(subject)->change    ? change_of(subject)->tenant_id
        : input_of(subject)->missing ? missing_of(subject)->tenant_id
        : input_of(subject)->digest  ? input_of(subject)->digest->tenant_id
                                     : request_of(subject)->tenant_id,
        out);
}

void lbx_mail_write_change(const void *subject, size_t item, struct lbx_buf *out) {
    static const char *const words[LBX_CHANGE_END] = {
        [LBX_CHANGE_SUBSCRIPTION_REMOVED] = "The subscription was removed",
        [LBX_CHANGE_ROLE_ASSIGNED] = "A role was assigned",
        [LBX_CHANGE_LOCKBOX_DISABLED] = "Lockbox was disabled",
        [LBX_CHANGE_CONTACTS_SET] = "Alternate addresses were removed",
        [LBX_CHANGE_POLICY_SET] = "The policy asks for less than before",
        [LBX_CHANGE_APPROVER_KEY_SET] = "An approver's key was set or removed",
    };
    (void)item;
    put(words[change_of(subject)->change], out);
}

void lbx_mail_write_changed_by(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_principal *by =
        input_of(subject)->missing ? &missing_of(subject)->by : &change_of(subject)->by;
    (void)item;
    if (by->id)
        lbx_person_words(by->name, by->email, by->id, out);
}

void lbx_mail_write_changed_at(const void *subject, size_t item, struct lbx_buf *out) {
    const int64_t at =
        input_of(subject)->missing ? missing_of(subject)->at : change_of(subject)->at;
    (void)item;
    if (at)
        lbx_moment_words(at, out);
}

/* The person of a role or key. */
void lbx_mail_write_person(const void *subject, size_t item, struct lbx_buf *out) {
    const struct lbx_tenant_changed *change = change_of(subject);
    (void)item;
    if (change->principal.id)
        lbx_person_words(change->principal.name, change->principal.email, change->principal.id,
                         out);
    else
        put(change->principal_id, out);
}

void lbx_mail_write_cause(const void *subject, size_t item, struct lbx_buf *out) {
    static const char *const words[LBX_CAUSE_END] = {
        [LBX_CAUSE_ROLE_REMOVED] = "a role was removed",
        [LBX_CAUSE_KEY_REMOVED] = "a key was removed",
        [LBX_CAUSE_POLICY_SET] = "the policy was set",
        [LBX_CAUSE_LOCKBOX_ENABLED] = "Lockbox was enabled",
    };
    (void)item;
    put(words[missing_of(subject)->cause], out);
}

void lbx_mail_write_needed(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (input_of(subject)->missing)
        put_number(missing_of(subject)->needed, out);
}

void lbx_mail_write_left(const void *subject, size_t item, struct lbx_buf *out) {
    (void)item;
    if (input_of(subject)->missing)
        put_number(missing_of(subject)->left, out);
}

size_t lbx_mail_count_subscriptions(const void *subject) {
    return input_of(subject)->missing ? 1 : change_of(subject)->concern_count;
}

void lbx_mail_write_subscription(const void *subject, size_t item, struct lbx_buf *out) {
    put(input_of(subject)->missing ? missing_of(subject)->subscription_id
                                   : change_of(subject)->concerns[item],
        out);
}
