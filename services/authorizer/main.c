/* authorizer: answers a Kubernetes API server, before every engineer's request, whether the customer agreed. It keeps
 * nothing that decides: access_check does. */
#include "authorizer.h"
#include "sql_authorizer.h"

#include <pthread.h>
#include <signal.h>

int main(int argc, char **argv) {
    const struct lbx_sql *const *const statements[] = {NULL};
    const struct lbx_worker_declaration authorizer = {
        .name = "authorizer",
        .summary = "Answers a Kubernetes API server whether an engineer's request was agreed to",
        .database = LBX_DATABASE_LOCKBOX,
        .statements = statements,
        .metrics = authorizer_metrics,
        .check = authorizer_check,
        .parts = {{&authorizer_part, NULL}},
        .arenas = 8,
    };
    sigset_t hangup; /* for every thread: the part takes it as a descriptor */
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &hangup, NULL);
    return lbx_worker_main(&authorizer, argc, argv);
}
