#include "unpack.h"

enum ctl_exit verify_export(struct ctl *ctl) {
    return ctl_fail(CTL_NO, "%s is no export", ctl->args[0]);
}
