/* notification preview and templates check: write example mails, without sending any. Fail with
 * each error of a template, with file and line. */
#include "commands.h"

#include "io/folder.h"
#include "mail/example.h"
#include "mail/mail.h"
#include "mail/templates.h"

#include <stdio.h>
#include <string.h>

LBX_DEFINE_CLEANUP(struct lbx_mail_templates *, mail_templates, lbx_mail_templates_free)
#define CTL_TEMPLATES LBX_CLEANUP(lbx_cleanup_mail_templates)

/* The default templates, replaced by those of folder; "": none. Prints errors. */
static enum ctl_exit open_templates(struct ctl *ctl, const char *folder,
                                    struct lbx_mail_templates **ret_templates, size_t *ret_count) {
    struct lbx_file *files = NULL;
    char why[LBX_FOLDER_WHY_SIZE];
    struct lbx_buf reasons LBX_BUF = {0};
    *ret_count = 0;
    if (*folder && lbx_folder_read(folder, lbx_mail_template_endings, LBX_MAIL_TEMPLATE_MAX,
                                   &ctl->arena, &files, ret_count, why) != LBX_OK)
        return ctl_fail(CTL_USAGE, "%s", why);
    if (lbx_mail_templates_new(files, *ret_count, ret_templates, &reasons) == LBX_OK)
        return CTL_DONE;
    fputs(reasons.data, stderr);
    return CTL_NO;
}

enum ctl_exit ctl_templates_check(struct ctl *ctl) {
    struct lbx_mail_templates *templates CTL_TEMPLATES = NULL;
    const char *folder = ctl->args[0] ? ctl->args[0] : ctl->settings.template_dir;
    size_t count;
    enum ctl_exit code = open_templates(ctl, folder, &templates, &count);
    if (code == CTL_DONE && *folder)
        printf("%zu of the templates are those of %s; they fit\n", count, folder);
    else if (code == CTL_DONE)
        puts("the templates are those built in; LOCKBOX_TEMPLATE_DIR is not set");
    return code;
}

/* ---- preview ---- */

static bool take_reader(const struct ctl *ctl, enum lbx_mail_reader *ret_reader) {
    const char *name = ctl->options[CTL_READER];
    *ret_reader = LBX_READER_APPROVER;
    for (int i = 0; name && i < LBX_READER_CONCERNED; i++)
        if (strcmp(name, lbx_mail_reader_names[i]) == 0) {
            *ret_reader = (enum lbx_mail_reader)i;
            return true;
        }
    if (name)
        ctl_fail(CTL_USAGE, "--reader takes approver, alternate or engineer, not %s", name);
    return !name;
}

/* The first example of the kind, in the state of --state. Prints an error if there is none. */
static bool take_example(const struct ctl *ctl, struct lbx_mail_input *ret_input) {
    const char *kind = ctl->args[0], *state = ctl->options[CTL_STATE];
    bool known = false;
    for (size_t i = 0; lbx_mail_example(i, ret_input); i++) {
        if (strcmp(lbx_mail_kind_names[ret_input->kind], kind) != 0)
            continue;
        known = true;
        if (!state ||
            (ret_input->request && strcmp(lbx_state_names[ret_input->request->state], state) == 0))
            return true;
    }
    if (known)
        ctl_fail(CTL_USAGE, "no mail of kind %s tells of a request in state %s", kind, state);
    else
        ctl_fail(
            CTL_USAGE,
            "no such kind of mail: %s; there are approval_needed, reminder, outcome, emergency, "
            "emergency_reminder, informed, security_change, approvers_missing and digest",
            kind);
    return false;
}

enum ctl_exit ctl_notification_preview(struct ctl *ctl) {
    struct lbx_mail_templates *templates CTL_TEMPLATES = NULL;
    struct lbx_mail_input input;
    struct lbx_mail mail LBX_CLEANUP(lbx_mail_done) = {0};
    size_t count;
    enum lbx_mail_reader reader;
    if (!take_example(ctl, &input) || !take_reader(ctl, &reader))
        return CTL_USAGE;
    enum ctl_exit code = open_templates(ctl, ctl->settings.template_dir, &templates, &count);
    if (code != CTL_DONE)
        return code;
    if (!lbx_mail_is_of_tenant(input.kind)) /* a mail about a tenant has one kind of reader */
        input.reader = reader;
    if (lbx_mail_write(templates, &input, &mail) != LBX_OK)
        return ctl_fail(CTL_NO, "this example cannot be told");
    if (ctl->options[CTL_HTML]) {
        ctl_put(&mail.html);
        return CTL_DONE;
    }
    printf("Subject: %s\n\n", mail.subject.data);
    ctl_put(&mail.text);
    return CTL_DONE;
}
