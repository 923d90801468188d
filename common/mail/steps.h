/* A parsed template: template.c makes it, show.c walks it. */
#ifndef LBX_MAIL_STEPS_H
#define LBX_MAIL_STEPS_H

#include "mail/template.h"

enum step_kind { STEP_LITERAL, STEP_VALUE, STEP_WITH, STEP_WITHOUT };

struct step {
    enum step_kind kind;
    int value;        /* index in the vocabulary */
    const char *text; /* LITERAL: its text; a value of several lines: the prefix of each */
    size_t len;
    size_t end; /* WITH, WITHOUT: index of the step behind the section */
};

struct lbx_template {
    enum lbx_template_form form;
    const struct lbx_vocabulary *vocabulary;
    struct step *steps;
    size_t count, cap;
};

#endif
