/* Finds a page among the files in the program, and prints it. Promises to print nothing of a
 * malformed template. Fails by ending the program where no page has the name. */
#include "page.h"

#include "base/file.h"
#include "base/text.h"
#include "fail.h"
#include "output.h"

#include <assert.h>
#include <string.h>

extern const struct lbx_file ctl_report_files[];

static const struct lbx_file *find(const char *name) {
    const struct lbx_file *file = ctl_report_files;
    while (file->name && strcmp(file->name, name) != 0)
        file++;
    assert(file->name);
    return file;
}

static enum lbx_template_form form_of(const char *name) {
    const char *ending = strrchr(name, '.');
    return ending && strcmp(ending, ".html") == 0 ? LBX_TEMPLATE_HTML : LBX_TEMPLATE_TEXT;
}

enum ctl_exit ctl_page_print(const char *name, const struct lbx_vocabulary *vocabulary,
                             const void *subject) {
    const struct lbx_file *file = find(name);
    const struct lbx_template_source source = {
        .form = form_of(name),
        .file = {.name = file->name, .text = file->text, .len = file->len, .line = 1},
        .vocabulary = vocabulary,
    };
    struct lbx_template *template = NULL;
    struct lbx_template_reason reason;
    struct lbx_buf out LBX_BUF = {0};
    if (lbx_template_parse(&source, &template, &reason) != LBX_OK)
        return ctl_fail(CTL_NO, "%s", reason.text);
    lbx_template_show(template, subject, &out, NULL);
    lbx_template_free(template);
    ctl_put(&out);
    return CTL_DONE;
}
