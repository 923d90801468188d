/* Text from outside made harmless, and parts of a request as phrases.
 *
 * Pure. Appended text is one line of UTF-8 without control, bidirectional and invisible
 * characters, whatever the input: for a mail's text and subject, a terminal or a log. HTML needs
 * escapes in addition. */
#ifndef LBX_MAIL_WORDS_H
#define LBX_MAIL_WORDS_H

#include "base/buf.h"
#include "event/payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends text; U+FFFD replaces control, bidirectional and invisible characters and ill-formed
 * bytes, a space each line break and tab. NULL appends nothing. */
void lbx_text_harmless(const char *text, struct lbx_buf *out);
void lbx_text_harmless_n(const char *text, size_t len, struct lbx_buf *out);

/* The same, of at most `chars` characters; U+2026 marks that text was cut off. */
void lbx_text_shortened(const char *text, size_t chars, struct lbx_buf *out);

/* Decodes the character at text, which is not empty and well-formed UTF-8; returns its size in bytes. */
size_t lbx_text_character(const char *text, uint32_t *ret_character);

/* Whether a character in code or data should be shown by its number: it is invisible, looks like
 * a space, combines with the one before, or reorders the line (as Hebrew and Arabic letters do). */
bool lbx_character_misleads(uint32_t character);

/* Appends an item in words: "Get logs from every pod in openshift-ingress", "Create ClusterRole
 * (cluster-scoped)". An unknown action is shown as such. Items that let the engineer run
 * programs, or reach a namespace of the customer's, are marked: " [runs programs, outside the
 * managed namespaces]". */
void lbx_item_words(const struct lbx_item *item, struct lbx_buf *out);

/* Appends a duration, rounded to its two largest units: "8 hours", "3 days 4 hours". */
void lbx_duration_words(int64_t us, struct lbx_buf *out);

/* Appends "2026-11-27 16:08:38 UTC"; microseconds since the Unix epoch. */
void lbx_moment_words(int64_t us, struct lbx_buf *out);

/* Appends "2026-11-27 16:08:38 UTC (3 days 4 hours left)". */
void lbx_deadline_words(int64_t us, int64_t now, struct lbx_buf *out);

/* Appends "Ann Ng (ann@example.com)", or those parts that are known. */
void lbx_person_words(const char *name, const char *email, const char *id, struct lbx_buf *out);

/* Appends a cluster's name, the last part of its ARM id. */
void lbx_cluster_words(const char *resource_id, struct lbx_buf *out);

#endif
