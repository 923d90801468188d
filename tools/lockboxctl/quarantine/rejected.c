/* Reads a rejected record from the answer of quarantine_show.sql. Fails with the error printed. */
#include "rejected.h"

#include "sql_ctl.h"

#include <string.h>

enum ctl_exit ctl_rejected_read(struct ctl *ctl, const struct lbx_pg *pg,
                                struct ctl_rejected *ret_record) {
    struct ctl_rejected r = {0};
    const struct sql_ctl_quarantine_show_answer it =
        LBX_PG_READ(pg, 0, 0, ctl_quarantine_show, &ctl->arena);
    r.key = (struct ctl_bytes){it.key.data, it.key.len};
    r.is_cut = it.whole_bytes != NULL;
    r.value = (struct ctl_bytes){it.value.data, it.value.len};
    if (lbx_record_headers_decode(it.headers.data, it.headers.len, &ctl->arena, &r.headers,
                                  &r.header_count) != LBX_OK)
        return ctl_fail(CTL_NO, "the record's headers cannot be read");
    *ret_record = r;
    return CTL_DONE;
}

bool ctl_quarantine_id_is_valid(const char *id) {
    if (*id && *id != '0' && strlen(id) <= 18 && strspn(id, "0123456789") == strlen(id))
        return true;
    ctl_fail(CTL_USAGE, "not a quarantine id: %s; it is the number quarantine list prints", id);
    return false;
}
