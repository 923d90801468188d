/* Reads a rejected record out of the answer of quarantine_show.sql. */
#include "rejected.h"

#include <string.h>

enum ctl_exit ctl_rejected_read(struct ctl *ctl, const struct lbx_pg *pg,
                                struct ctl_rejected *ret_record) {
    struct ctl_rejected r = {0};
    size_t len;
    r.key.data = lbx_pg_cell_bytes(pg, 0, 0, CTL_REJECTED_KEY, &ctl->arena, &r.key.len);
    r.value.data = lbx_pg_cell_bytes(pg, 0, 0, CTL_REJECTED_VALUE, &ctl->arena, &r.value.len);
    const void *headers = lbx_pg_cell_bytes(pg, 0, 0, CTL_REJECTED_HEADERS, &ctl->arena, &len);
    if (lbx_record_headers_decode(headers, len, &ctl->arena, &r.headers, &r.header_count) != LBX_OK)
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
