/* Kafka topics: made, and looked at. For tools; no worker creates topics. */
#ifndef LBX_IO_ADMIN_H
#define LBX_IO_ADMIN_H

#include "base/err.h"
#include "io/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct lbx_admin;

/* A topic as it is to be, and what became of it. The caller owns all of it. */
struct lbx_topic_wish {
    const char *name;            /* as on the broker */
    int partitions, replication; /* replication -1: the broker's default */
    const char *config[12][2];   /* name and value, ended by a NULL name */
    /* LBX_OK: created. LBX_ERR_CONFLICT: it existed, and stays as it was. LBX_ERR_UNAVAILABLE: not
     * known. LBX_ERR_REFUSED: the broker will not, and says why. */
    enum lbx_err ret_err;
    char ret_why[256];
};

/* A topic as it is. */
struct lbx_topic_look {
    const char *name;          /* as on the broker */
    const char *const *config; /* names of what is asked, ended by NULL; at most 12 */
    int ret_partitions,
        ret_replication; /* partitions 0: there is none of that name; the fewest replicas of any */
    char ret_config[12][32]; /* in the order of config; "" where the broker does not tell */
};

enum { LBX_ADMIN_TOPICS_MAX = 16 };

/* Opening reaches no broker yet. LBX_ERR_INVALID: the client refuses a setting; logged. */
enum lbx_err lbx_admin_open(const struct lbx_settings *settings, const char *client,
                            struct lbx_admin **ret_admin) LBX_MUST_CHECK;
void lbx_admin_close(struct lbx_admin *admin);

/* Both wait for the brokers' answer, up to 10 s; what was created is then known to the broker that was
 * asked. LBX_ERR_UNAVAILABLE: there is none. LBX_ERR_REFUSED: these brokers do not answer this client
 * (authentication, authorization); logged. */
enum lbx_err lbx_admin_create(struct lbx_admin *admin, struct lbx_topic_wish *wishes, size_t count)
    LBX_MUST_CHECK;
enum lbx_err lbx_admin_look(struct lbx_admin *admin, struct lbx_topic_look *looks, size_t count)
    LBX_MUST_CHECK;

#endif
