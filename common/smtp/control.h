/* A session as its own thread sees it; smtp/smtp.h has the functions for other threads. */
#ifndef LBX_SMTP_CONTROL_H
#define LBX_SMTP_CONTROL_H

#include "smtp/smtp.h"

/* Registers the session's connection, which a cut shuts down, until it is closed. fd is the
 * caller's. */
void lbx_smtp_session_opened(struct lbx_smtp_session *session, int fd);
void lbx_smtp_session_closed(struct lbx_smtp_session *session);

/* A descriptor that is readable after a cut. */
int lbx_smtp_session_cancel_fd(const struct lbx_smtp_session *session);

/* Why the session was cut, in static words; NULL: it was not. */
const char *lbx_smtp_session_cut_why(struct lbx_smtp_session *session);

/* Sets whether a message's body is being sent: a cut then may cause a duplicate. */
void lbx_smtp_session_set_in_body(struct lbx_smtp_session *session, bool is);

#endif
