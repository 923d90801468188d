/* The relay's round: see worker/rounds.h. */
#ifndef LBX_RELAY_H
#define LBX_RELAY_H

#include "worker/rounds.h"

enum lbx_err relay_open(struct lbx_worker *worker, void **ret_state);
enum lbx_err relay_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us);
void relay_reconnected(struct lbx_worker *worker, void *state);
int relay_fd(void *state);
const char *relay_waiting_for(void *state);
void relay_close(struct lbx_worker *worker, void *state);

#endif
