/* Text from outside made harmless, and what a request consists of said in words.
 *
 * Pure. Everything appended is one line of UTF-8 without control, bidirectional and invisible
 * characters, whatever the input holds: fit for a mail's text and subject, a terminal, a log; HTML
 * still wants its escapes.
 */
#ifndef LBX_MAIL_WORDS_H
#define LBX_MAIL_WORDS_H

#include "base/buf.h"
#include "event/payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends text with control, bidirectional and invisible characters and ill-formed bytes as U+FFFD;
 * line breaks and tabs become spaces. NULL appends nothing. */
void lbx_text_harmless(const char *text, struct lbx_buf *out);
void lbx_text_harmless_n(const char *text, size_t len, struct lbx_buf *out);

/* The same, of at most so many characters; what is cut off shows as U+2026. */
void lbx_text_shortened(const char *text, size_t chars, struct lbx_buf *out);

/* The character at text, well-formed UTF-8 that does not end here: its bytes. */
size_t lbx_text_character(const char *text, uint32_t *ret_character);

/* Whether a character of code or data is better written by its number: it is not seen, looks like a plain space, joins what stands
 * before it, or turns the line around (so do Hebrew and Arabic letters, without any control character). */
bool lbx_character_misleads(uint32_t character);

/* Appends an action item in words: "Get logs from every pod in openshift-ingress", "Create
 * ClusterRole (cluster-scoped)". An action outside the permitted five is named as such.
 * Marked are items that make the cluster run programs of whoever may carry them out, and those that reach a namespace
 * of the customer's: " [runs programs, outside the managed namespaces]". */
void lbx_item_words(const struct lbx_item *item, struct lbx_buf *out);

/* Appends a duration in words, rounded to its two largest units: "8 hours", "3 days 4 hours". */
void lbx_duration_words(int64_t us, struct lbx_buf *out);

/* Appends "2026-11-27 16:08:38 UTC"; microseconds since the epoch. */
void lbx_moment_words(int64_t us, struct lbx_buf *out);

/* Appends "2026-11-27 16:08:38 UTC (3 days 4 hours left)". */
void lbx_deadline_words(int64_t us, int64_t now, struct lbx_buf *out);

/* Appends "Ann Ng (ann@example.com)", or what of it is known. */
void lbx_person_words(const char *name, const char *email, const char *id, struct lbx_buf *out);

/* Appends a cluster's name: the last part of its ARM id. */
void lbx_cluster_words(const char *resource_id, struct lbx_buf *out);

#endif
