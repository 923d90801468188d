/* cluster report: compares the accesses that a cluster reported with the grants on it, by the audit store. Fails as the database. */
#include "arguments.h"
#include "base/text.h"
#include "commands.h"
#include "config.h"
#include "database.h"
#include "sql_ctl.h"

enum ctl_exit ctl_cluster_report(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"what", CTL_CELL_STATE},
        {"request_id"},
        {"item", CTL_CELL_NUMBER},
        {"engineer_id"},
        {"action"},
        {"namespace"},
        {"kind"},
        {"name"},
        {"times", CTL_CELL_NUMBER},
        {"first", CTL_CELL_TIME},
        {"last", CTL_CELL_TIME},
    };
    struct lbx_clusters *clusters CTL_CLUSTERS = NULL;
    const struct lbx_cluster *cluster;
    struct lbx_pg *pg CTL_PG = NULL;
    int64_t limit;
    if (!ctl_number(ctl, CTL_LIMIT, 100000, 50, &limit))
        return CTL_USAGE;
    enum ctl_exit code = ctl_cluster_find(ctl, &clusters, &cluster);
    if (code == CTL_DONE)
        code =
            CTL_ASK(ctl, &ctl_audit, ctl_cluster_report, &pg,
                    .cluster = lbx_lower_all(lbx_arena_strdup(&ctl->arena, cluster->resource_id)),
                    .most = limit);
    if (code == CTL_DONE)
        CTL_PRINT_ANSWER(ctl, pg, ctl_cluster_report, columns, limit);
    return code;
}
