#include "wording.h"

#include "base/log.h"
#include "io/folder.h"

#include <string.h>

static void tell(const char *why) {
    lbx_log(LBX_LOG_ERROR, "bad setting", LBX_S("setting", "LOCKBOX_TEMPLATE_DIR"),
            LBX_S("error", why));
}

/* One line of the log for each thing that is wrong. */
static void tell_each(struct lbx_buf *reasons) {
    char *rest = reasons->data;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            tell(line);
}

enum lbx_err wording_open(const struct lbx_settings *settings,
                          struct lbx_mail_templates **ret_templates) {
    struct lbx_arena arena;
    struct lbx_file *files = NULL;
    size_t count = 0;
    char why[LBX_FOLDER_WHY_SIZE];
    struct lbx_buf reasons LBX_BUF = {0};
    enum lbx_err err = LBX_OK;
    lbx_arena_init(&arena);
    if (settings->template_dir[0]) {
        err = lbx_folder_read(settings->template_dir, lbx_mail_template_endings,
                              LBX_MAIL_TEMPLATE_MAX, &arena, &files, &count, why);
        if (err != LBX_OK)
            tell(why);
    }
    if (err == LBX_OK) {
        err = lbx_mail_templates_new(files, count, ret_templates, &reasons);
        if (err != LBX_OK)
            tell_each(&reasons);
    }
    lbx_arena_done(&arena);
    return err;
}
