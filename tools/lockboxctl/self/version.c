/* Prints the program's version and commit, for reports. Cannot fail. */
#include "commands.h"

#include "version/version.h"

enum ctl_exit ctl_version(struct ctl *ctl) {
    static const struct ctl_column columns[] = {{"version"}, {"commit"}, {"build"}};
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    const char *cells[] = {lbx_version, lbx_version_commit, lbx_version_build};
    ctl_rows_add(&rows, cells);
    ctl_rows_print(&rows, ctl->format);
    return CTL_DONE;
}
