/* authorizer: answers a Kubernetes API server's reviews of engineers' requests. It has no state:
 * access_check decides. */
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
    sigset_t hangup; /* blocked in all threads: the part reads a signalfd */
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &hangup, NULL);
    return lbx_worker_main(&authorizer, argc, argv);
}
