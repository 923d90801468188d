/* A batch's records as rows of audit.event, by COPY in binary form. */
#ifndef AUDITOR_EVENT_COPY_H
#define AUDITOR_EVENT_COPY_H

#include "auditor.h"

/* Decodes each record, and sends its row, so that the server stores one row while the next is
 * decoded. Fills the batch's entries. copy and scratch: buffers to reuse. */
enum lbx_err auditor_event_copy(struct auditor_batch *batch, struct lbx_pg *pg,
                                struct lbx_buf *copy, struct lbx_buf *scratch) LBX_MUST_CHECK;

#endif
