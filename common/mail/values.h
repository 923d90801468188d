/* What a mail's templates may say: every name, and how its value comes from a request. */
#ifndef LBX_MAIL_VALUES_H
#define LBX_MAIL_VALUES_H

#include "mail/template.h"

/* Over a struct lbx_mail_input. */
extern const struct lbx_vocabulary lbx_mail_vocabulary;

#endif
