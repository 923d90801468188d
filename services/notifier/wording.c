#include "wording.h"

#include "io/folder.h"

#include <stdbool.h>
#include <string.h>

/* One line of the log for each thing that is wrong. */
static void tell_each(struct lbx_buf *reasons) {
    char *rest = reasons->data;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            (void)lbx_settings_refuse("LOCKBOX_TEMPLATE_DIR", line);
}

/* What every mail links to: a page, and nothing that a mail reader would run. */
static bool is_page(const char *url) {
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

enum lbx_err wording_open(const struct lbx_settings *settings,
                          struct lbx_mail_templates **ret_templates) {
    struct lbx_arena arena;
    struct lbx_file *files = NULL;
    size_t count = 0;
    char why[LBX_FOLDER_WHY_SIZE];
    struct lbx_buf reasons LBX_BUF = {0};
    enum lbx_err err = LBX_OK;
    if (!is_page(settings->portal_url))
        return lbx_settings_refuse("LOCKBOX_PORTAL_URL",
                                   "takes an address that begins with https:// or http://");
    lbx_arena_init(&arena);
    if (settings->template_dir[0]) {
        err = lbx_folder_read(settings->template_dir, lbx_mail_template_endings,
                              LBX_MAIL_TEMPLATE_MAX, &arena, &files, &count, why);
        if (err != LBX_OK)
            err = lbx_settings_refuse("LOCKBOX_TEMPLATE_DIR", why);
    }
    if (err == LBX_OK) {
        err = lbx_mail_templates_new(files, count, ret_templates, &reasons);
        if (err != LBX_OK)
            tell_each(&reasons);
    }
    lbx_arena_done(&arena);
    return err;
}
