/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_cluster_commands[] = {
    {"cluster config", "ID", CTL_OPT(OUT) | CTL_OPT(PATH) | CTL_OPT(AUDIT_POLICY), CTL_OPT(OUT),
     "Write what an API server needs to ask the authorizer",
     "The cluster is ID's of LOCKBOX_CLUSTERS_FILE. Files go to --out; they name each other by --path, their folder on\n"
     "the API server's machine. Add client.crt and client.key there, with the cluster's client_name as common\n"
     "name: the customer makes this key, and nobody else.",
     "lockboxctl cluster config prod --out prod", ctl_cluster_config},
    {"cluster check", "ID", CTL_OPT(MANIFEST) | CTL_OPT(OUTPUT), 0,
     "Look whether an API server asks the authorizer before everything",
     "Asks the API server what it would answer an engineer without a grant, by the identity in\n"
     "LOCKBOX_CLUSTERS_FILE, which has to be allowed to create SubjectAccessReviews; and compares the API server's\n"
     "flags and their files with those of cluster config. Exit code 1 if something is wrong, or cannot be\n"
     "read.",
     "lockboxctl cluster check prod --manifest /etc/kubernetes/manifests/kube-apiserver.yaml",
     ctl_cluster_check},
    {"cluster propose", "ID",
     CTL_OPT(ENGINEER) | CTL_OPT(FILE) | CTL_OPT(PATCH) | CTL_OPT(TYPE) | CTL_OPT(KIND) |
         CTL_OPT(NAMESPACE) | CTL_OPT(NAME),
     CTL_OPT(ENGINEER), "Print exactly what a change would change, as an item to ask for",
     "Asks the authorizer, which makes two dry runs by the customer's identity. An object that exists is shown only to an\n"
     "engineer who has a grant to read it. Put the item into an access request:\n"
     "lockboxctl ticket request TICKET engineer_id=ID resource_id=ID justification=WHY \"actions=$(lockboxctl cluster propose …)\"",
     "lockboxctl cluster propose prod --engineer ines -f router.json", ctl_cluster_propose},
    {"cluster report", "ID", CTL_OPT(OUTPUT) | CTL_OPT(LIMIT), 0,
     "Show what was used of each grant on a cluster, and what was not",
     "used and unused: items of grants. begun: a request whose end was not reported within ten minutes. outlived: a\n"
     "stream, such as a followed log, that continued after the end of its grant; last is when it ended.",
     "lockboxctl cluster report prod", ctl_cluster_report},
    {NULL},
};
