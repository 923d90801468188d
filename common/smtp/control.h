/* A line as its session sees it; smtp/smtp.h has the side of other threads. */
#ifndef LBX_IO_SMTP_LINE_H
#define LBX_IO_SMTP_LINE_H

#include "smtp/smtp.h"

/* The session has this connection, which a cut ends. */
void lbx_smtp_line_open(struct lbx_smtp_line *line, int fd);
void lbx_smtp_line_close(struct lbx_smtp_line *line);

/* Readable once the line is cut. */
int lbx_smtp_line_cancel_fd(const struct lbx_smtp_line *line);

/* Why it was cut, NULL: it was not. */
const char *lbx_smtp_line_cut_why(struct lbx_smtp_line *line);

/* A message's body is under way. */
void lbx_smtp_line_set_in_body(struct lbx_smtp_line *line, bool is);

#endif
