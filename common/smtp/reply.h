/* A server's reply as one harmless line of a result. */
#ifndef LBX_SMTP_REPLY_H
#define LBX_SMTP_REPLY_H

#include "smtp/smtp.h"

/* A parsed reply; enhanced is {0} where there is none, text may be NULL. */
struct lbx_smtp_reply {
    int code;
    int enhanced[3];
    const char *text;
};

/* Each function replaces the whole result. */
void lbx_smtp_reply_set(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                        const struct lbx_smtp_reply *reply);
/* Sets a reply's last line as received, "450 4.2.1 later"; the outcome is temporary. */
void lbx_smtp_reply_line(struct lbx_smtp_result *result, const char *line);
/* Sets a text of ours; more may be NULL. */
void lbx_smtp_reply_words(struct lbx_smtp_result *result, enum lbx_smtp_outcome outcome,
                          const char *words, const char *more);

#endif
