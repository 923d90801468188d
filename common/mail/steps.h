/* A template as template.c makes it and show.c walks it. */
#ifndef LBX_MAIL_STEPS_H
#define LBX_MAIL_STEPS_H

#include "mail/template.h"

enum step_kind { STEP_LITERAL, STEP_VALUE, STEP_WITH, STEP_WITHOUT };

struct step {
    enum step_kind kind;
    int value;        /* index in the vocabulary */
    const char *text; /* LITERAL; of a value of several lines, what each begins with */
    size_t len;
    size_t end; /* WITH, WITHOUT: the step behind the section */
};

struct lbx_template {
    enum lbx_template_form form;
    const struct lbx_vocabulary *vocabulary;
    struct step *steps;
    size_t count, cap;
};

#endif
