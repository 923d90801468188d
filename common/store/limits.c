/* Hands the settings that rules ask for to the rules. */
#include "store/limits.h"

struct lbx_limits lbx_limits_of(const struct lbx_settings *settings) {
    return (struct lbx_limits){
        .pending_ttl = settings->pending_ttl,
        .grant_ttl = settings->grant_ttl,
        .grant_ttl_max = settings->grant_ttl_max,
        .emergency_ttl = settings->emergency_ttl,
        .acknowledge_ttl = settings->acknowledge_ttl,
        .reminders = settings->reminders.list,
        .reminder_count = settings->reminders.count,
        .organizations = settings->organizations.list,
        .starts_within = settings->starts_within,
        .unknown_subscriptions = settings->unknown_subscriptions,
    };
}
