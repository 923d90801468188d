/* Limits that many members of the contract's tables share. For payload.c and parts.c only. */
#ifndef LBX_EVENT_ROWS_H
#define LBX_EVENT_ROWS_H

#include "event/payload.h"

#define REQUIRED .required = true
#define OPTIONAL .required = false
#define BYTES(least, most) .min = (least), .max = (most)
#define ID BYTES(1, 128)
#define NAME BYTES(0, 256)
#define EMAIL BYTES(3, 254), .format = LBX_FMT_EMAIL
#define CLUSTER BYTES(1, 512), .format = LBX_FMT_CLUSTER
#define WEBHOOK_URL BYTES(9, 1000), .format = LBX_FMT_WEBHOOK
#define PROSE .characters = true, .min = 0, .max = 2000
#define BETWEEN(least, most) .min = (least), .max = (most)
#define ITEMS(least, most) .min_items = (least), .max_items = (most)
#define OF(table) .of = &(table)
#define PRINCIPAL OF(lbx_principal_table)
#define ENGINEER OF(lbx_engineer_table)
#define ONE_OF(tag) .names = lbx_##tag##_names

enum { ITEMS_MAX = 32, ADDRESSES_MAX = 50, WEBHOOKS_MAX = 10, APPROVERS_MAX = 1000 };
#define SECOND 1000000
#define NUMBER BETWEEN(1, ITEMS_MAX)

#define TABLE(name, owner, rows) static const struct lbx_table name = LBX_TABLE(#name, owner, rows)

/* clang-format off */

/* A JWS, or an assertion instead. */
#define SIGNATURE_ROW(row_name, owner, member, ...)                                                \
    LBX_ROW_AS(row_name, owner, member.jws, LBX_T_TEXT, const char *, OPTIONAL,                    \
               OF(lbx_assertion_table), .object_offset = offsetof(struct owner, member.assertion), \
               __VA_ARGS__)

/* clang-format on */

/* An item of access.requested. */
extern const struct lbx_table lbx_item_table;

#endif
