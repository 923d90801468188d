/* Sentences about tenants' changes, their results, and missing approvers. See story.c. */
#include "core/tenant.h"
#include "mail/words.h"
#include "sentences.h"

struct change {
    enum lbx_change change;
    int role;
    const struct lbx_principal *principal;
    const char *principal_id, *subscription_id;
};

static const char *change_words(enum lbx_change change) {
    switch (change) {
    case LBX_CHANGE_SUBSCRIPTION_ADDED:
        return "a subscription is added";
    case LBX_CHANGE_SUBSCRIPTION_REMOVED:
        return "a subscription is removed";
    case LBX_CHANGE_ROLE_ASSIGNED:
        return "a role is assigned";
    case LBX_CHANGE_ROLE_REMOVED:
        return "a role is removed";
    case LBX_CHANGE_LOCKBOX_ENABLED:
        return "Lockbox is enabled";
    case LBX_CHANGE_LOCKBOX_DISABLED:
        return "Lockbox is disabled";
    case LBX_CHANGE_CONTACTS_SET:
        return "the alternate addresses are set";
    case LBX_CHANGE_POLICY_SET:
        return "the policy is set";
    case LBX_CHANGE_APPROVER_KEY_SET:
        return "an approver's key is set";
    case LBX_CHANGE_NONE:
    case LBX_CHANGE_END:
        break;
    }
    return "";
}

static void put_change(const struct change *c, struct lbx_buf *what) {
    lbx_buf_str(what, change_words(c->change));
    if (c->role) {
        lbx_buf_printf(what, ", %s: ", lbx_role_names[c->role]);
        ctl_put_person(c->principal, what);
    }
    ctl_put_remark(c->principal_id, what);
    if (c->subscription_id && *c->subscription_id) {
        lbx_buf_str(what, ", subscription ");
        lbx_text_harmless(c->subscription_id, what);
    }
}

static void put_tenant(const char *tenant_id, const struct ctl_told *told) {
    lbx_buf_str(told->who, "tenant ");
    lbx_text_harmless(tenant_id, told->who);
}

static void tell_change(const struct lbx_tenant_event *t, const struct ctl_told *told) {
    const struct change change = {lbx_tenant_change_of(told->type), t->role, &t->principal,
                                  t->principal_id, t->subscription_id};
    put_tenant(t->tenant_id, told);
    lbx_buf_str(told->what, "changes: ");
    put_change(&change, told->what);
}

static void tell_answer(const struct lbx_tenant_changed *t, const struct ctl_told *told) {
    const struct change change = {(enum lbx_change)t->change, t->role, &t->principal,
                                  t->principal_id, t->subscription_id};
    lbx_buf_str(told->who, "Lockbox");
    lbx_buf_str(told->what, t->reason ? "refuses a change: " : "applies a change: ");
    put_change(&change, told->what);
    if (t->reason)
        ctl_put_remark(lbx_refusal_names[t->reason], told->what);
}

static void tell_missing(const struct lbx_approvers_missing *m, const struct ctl_told *told) {
    lbx_buf_str(told->who, "Lockbox");
    lbx_buf_printf(told->what, "warns: %lld may approve, and %lld are needed, subscription ",
                   (long long)m->left, (long long)m->needed);
    lbx_text_harmless(m->subscription_id, told->what);
    ctl_put_remark(lbx_cause_names[m->cause], told->what);
}

void ctl_tell_tenant(const void *data, const struct ctl_told *told) {
    if (lbx_tenant_change_of(told->type) != LBX_CHANGE_NONE)
        tell_change(data, told);
    else if (told->type == LBX_EVENT_TENANT_APPROVERS_MISSING)
        tell_missing(data, told);
    else
        tell_answer(data, told);
}
