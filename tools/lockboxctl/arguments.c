/* Reads options and arguments that several commands have. Fails with a line on standard error
 * that says what is accepted. */
#include "arguments.h"

#include "base/uuid.h"
#include "json/read.h"
#include "json/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ctl_whole_number(const struct ctl *ctl, enum ctl_option option, int64_t least, int64_t most,
                      int64_t fallback, int64_t *ret_number) {
    const char *text = ctl->options[option];
    char *end;
    *ret_number = fallback;
    if (!text)
        return true;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end || number < least || number > most) {
        ctl_fail(CTL_USAGE, "%s takes a whole number from %lld to %lld, not %s",
                 ctl_options[option].name, (long long)least, (long long)most, text);
        return false;
    }
    *ret_number = number;
    return true;
}

bool ctl_request_id_is_valid(const char *id) {
    if (lbx_uuid_valid(id))
        return true;
    ctl_fail(CTL_USAGE,
             "not a request id: %s; it is a UUID in lower case, as request list prints it", id);
    return false;
}

bool ctl_read_by(struct ctl *ctl, struct lbx_principal *ret_by) {
    char *rest = lbx_arena_strdup(&ctl->arena, ctl->options[CTL_BY]);
    const char *id = strsep(&rest, ","), *email = strsep(&rest, ",");
    *ret_by = (struct lbx_principal){id, email, rest ? rest : ""};
    if (email && *id && *email)
        return true;
    ctl_fail(CTL_USAGE,
             "--by takes ID,EMAIL[,NAME], such as 5b21,lena@contoso.example,Lena Fischer");
    return false;
}

bool ctl_read_operator(struct ctl *ctl, struct lbx_principal *ret_by) {
    struct lbx_buf json LBX_BUF = {0};
    struct lbx_principal back;
    struct lbx_reason why;
    if (!ctl_read_by(ctl, ret_by))
        return false;
    lbx_json_write(&lbx_principal_table, ret_by, &json);
    if (lbx_json_read(&lbx_principal_table, json.data, json.len, "", &ctl->arena, &back, &why) ==
        LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "--by takes ID,EMAIL[,NAME]: %s", why.text);
    return false;
}
