/* The auditor's step of a batch: see worker/consume.h. */
#ifndef LBX_AUDITOR_H
#define LBX_AUDITOR_H

#include "worker/consume.h"

enum lbx_err auditor_write(struct lbx_batch *batch);

#endif
