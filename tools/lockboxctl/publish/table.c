/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

#include "event/payload.h"

#define DECISION                                                                                   \
    (CTL_OPT(BY) | CTL_OPT(COMMENT) | CTL_OPT(SIGN_WITH) | CTL_OPT(WAIT) | CTL_OPT(DRY_RUN))
#define DECISION_MORE                                                                              \
    "Prints the event's id once Kafka has the record; with --wait the verdict, too: exit code 1\n" \
    "where it is another than applied, recorded or duplicate. Nobody proves who --by is:\n"        \
    "let only portals and operators write to the decisions topic. --sign-with signs the\n"         \
    "request's digest, which it reads from LOCKBOX_DATABASE_URL; the policy may ask for that."

/* A command that publishes one event, with the fields of the event's table. */
#define PUBLISHER(name, key, event, what, ...)                                                     \
    {                                                                                              \
        name, key " [FIELD=VALUE…]", CTL_OPT(DRY_RUN), 0, what, PUBLISHER_MORE,                    \
            "lockboxctl " name " " __VA_ARGS__, ctl_publish_event, false, LBX_EVENT_##event        \
    }
#define PUBLISHER_MORE                                                                                  \
    "For trying things, and for standing in: any producer of these events is as good. Prints the\n"     \
    "event's id once Kafka has the record; with --dry-run the event, and sends nothing. An object is\n" \
    "its parts in order with commas between them, or JSON; a list is its field given several times."
#define CLUSTER                                                                                    \
    "resource_id=/subscriptions/5c5c/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"       \
    "openShiftClusters/aro "

const struct ctl_command ctl_publish_commands[] = {
    {"approve", "ID", DECISION | CTL_OPT(ITEMS) | CTL_OPT(DURATION), CTL_OPT(BY),
     "Publish an approval, as a portal would", DECISION_MORE,
     "lockboxctl approve 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example "
     "--items 1,3 --duration PT2H --wait",
     ctl_approve},
    {"deny", "ID", DECISION, CTL_OPT(BY), "Publish a denial, as a portal would", DECISION_MORE,
     "lockboxctl deny 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example "
     "--comment 'not in business hours'",
     ctl_deny},
    {"revoke", "ID", DECISION, CTL_OPT(BY), "Publish the end of a grant, as a portal would",
     DECISION_MORE,
     "lockboxctl revoke 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example",
     ctl_revoke},
    {"acknowledge", "ID", DECISION, CTL_OPT(BY),
     "Publish that the customer knows of an emergency, as a portal would", DECISION_MORE,
     "lockboxctl acknowledge 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 --by 5b21,lena@contoso.example",
     ctl_acknowledge},
    PUBLISHER("ticket open", "TICKET", TICKET_OPENED, "Publish that a ticket was opened",
              "T-1 subscription_id=5c5c title='Ingress is down'"),
    PUBLISHER("ticket assign", "TICKET", TICKET_ASSIGNED, "Publish that an engineer got a ticket",
              "T-1 engineer=9f3e,eve@vendor.example,'Eve Adams',microsoft"),
    PUBLISHER("ticket escalate", "TICKET", TICKET_ESCALATED,
              "Publish that a second engineer works on a ticket",
              "T-1 engineer=77aa,otto@vendor.example,Otto,redhat"),
    PUBLISHER("ticket close", "TICKET", TICKET_CLOSED, "Publish that a ticket was closed",
              "T-1 comment=solved"),
    PUBLISHER("ticket reopen", "TICKET", TICKET_REOPENED, "Publish that a ticket was opened again",
              "T-1"),
    PUBLISHER("ticket request", "TICKET", ACCESS_REQUESTED,
              "Publish that an engineer asks for access",
              "T-1 engineer_id=9f3e " CLUSTER
              "actions=get_pod_logs,openshift-ingress actions=delete_object,shop,Pod,cart-0 "
              "justification='routes answer 503' duration=PT2H"),
    PUBLISHER("ticket withdraw", "TICKET", ACCESS_WITHDRAWN,
              "Publish that an engineer takes a request back",
              "T-1 request_id=019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52 engineer_id=9f3e"),
    PUBLISHER("ticket emergency", "TICKET", ACCESS_EMERGENCY_DECLARED,
              "Publish that an engineer takes access at once, in an emergency",
              "T-1 engineer_id=9f3e " CLUSTER
              "actions=get_pod_logs,openshift-ingress justification='all routes are down' "
              "authorized_by=11bb,kim@vendor.example,Kim incident_id=INC-7"),
    PUBLISHER("tenant subscription-add", "TENANT", TENANT_SUBSCRIPTION_ADDED,
              "Publish that a tenant has a subscription", "contoso subscription_id=5c5c name=prod"),
    PUBLISHER("tenant subscription-remove", "TENANT", TENANT_SUBSCRIPTION_REMOVED,
              "Publish that a subscription is out of use",
              "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada"),
    PUBLISHER("tenant role-assign", "TENANT", TENANT_ROLE_ASSIGNED,
              "Publish that somebody got a role",
              "contoso subscription_id=5c5c principal=5b21,lena@contoso.example,'Lena Fischer' "
              "role=owner"),
    PUBLISHER("tenant role-remove", "TENANT", TENANT_ROLE_REMOVED,
              "Publish that somebody lost a role",
              "contoso subscription_id=5c5c principal=5b21,lena@contoso.example,'Lena Fischer' "
              "role=owner"),
    PUBLISHER("tenant enable", "TENANT", TENANT_LOCKBOX_ENABLED,
              "Publish that a subscription's owner is to be asked",
              "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada"),
    PUBLISHER("tenant disable", "TENANT", TENANT_LOCKBOX_DISABLED,
              "Publish that nobody is to be asked",
              "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada"),
    PUBLISHER("tenant contacts", "TENANT", TENANT_CONTACTS_SET, "Publish whom else to tell by mail",
              "contoso subscription_id=5c5c alternate_emails=soc@contoso.example "
              "alternate_emails=ops@contoso.example"),
    PUBLISHER(
        "tenant policy", "TENANT", TENANT_POLICY_SET, "Publish a subscription's policy",
        "contoso subscription_id=5c5c by=0a0a,ada@contoso.example,Ada approvals_needed=2 "
        "max_duration=PT4H auto_approve=get_pod_logs,openshift-ingress signed_decisions=true"),
    PUBLISHER("tenant key", "TENANT", TENANT_APPROVER_KEY_SET, "Publish an approver's public key",
              "contoso principal_id=5b21 public_key=lena.pem by=5b21,lena@contoso.example,Lena"),
    PUBLISHER("access report", "ENGINEER", ACCESS_PERFORMED,
              "Publish what was done on a cluster, or kept from being done",
              "9f3e " CLUSTER "action=get_pod_logs namespace=openshift-ingress "
              "performed_at=2026-11-25T23:00:00Z outcome=allowed"),
    {NULL},
};
