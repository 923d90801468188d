/* Reads a witness policy (C2SP tlog-policy), and tests whether it is met. Promises that a member
 * is defined before it is used, and counts once. Fails with the line's number. */
#include "tlog/policy.h"

#include <string.h>

enum { WORDS_MAX = LBX_POLICY_MEMBERS + 4 };

struct word {
    const char *at;
    size_t len;
};

struct reading {
    struct lbx_witness_policy *policy;
    uint64_t used; /* members of a group, or the quorum: each at most once */
    bool has_quorum;
};

static bool is(struct word word, const char *text) {
    return strlen(text) == word.len && memcmp(text, word.at, word.len) == 0;
}

/* Splits a line into words. False: too many words, or an invalid byte. */
static bool split(const char *line, size_t len, struct word words[WORDS_MAX], size_t *ret_count) {
    *ret_count = 0;
    for (size_t i = 0; i < len;) {
        if (line[i] == ' ' || line[i] == '\t') {
            i++;
            continue;
        }
        size_t begin = i;
        while (i < len && line[i] != ' ' && line[i] != '\t')
            if ((unsigned char)line[i] < ' ' || line[i++] == 0x7F)
                return false;
        if (*ret_count == WORDS_MAX)
            return false;
        words[(*ret_count)++] = (struct word){line + begin, i - begin};
    }
    return true;
}

static int find(const struct lbx_witness_policy *policy, struct word name) {
    for (size_t i = 0; i < policy->count; i++)
        if (is(name, policy->list[i].name))
            return (int)i;
    return -1;
}

/* Adds a member of that name; NULL: the name is taken, or there is no room. */
static struct lbx_policy_member *add(struct lbx_witness_policy *policy, struct word name) {
    if (policy->count == LBX_POLICY_MEMBERS || name.len >= LBX_POLICY_NAME_SIZE ||
        is(name, "none") || find(policy, name) >= 0)
        return NULL;
    struct lbx_policy_member *member = &policy->list[policy->count++];
    *member = (struct lbx_policy_member){0};
    memcpy(member->name, name.at, name.len);
    return member;
}

/* ---- lines ---- */

static bool read_log(struct reading *r, const struct word *words, size_t count) {
    struct lbx_verifier verifier;
    (void)r;
    return (count == 2 || count == 3) &&
           lbx_vkey_read(words[1].at, words[1].len, &verifier) == LBX_OK;
}

static bool has_key(const struct lbx_witness_policy *policy, const struct lbx_policy_member *one) {
    for (size_t i = 0; i + 1 < policy->count; i++)
        if (policy->list[i].is_witness && memcmp(policy->list[i].verifier.public_key,
                                                 one->verifier.public_key, LBX_KEY_SIZE) == 0)
            return true;
    return false;
}

static bool read_witness(struct reading *r, const struct word *words, size_t count) {
    struct lbx_policy_member *member = count == 3 || count == 4 ? add(r->policy, words[1]) : NULL;
    if (!member || lbx_vkey_read(words[2].at, words[2].len, &member->verifier) != LBX_OK ||
        member->verifier.type != LBX_NOTE_COSIGNATURE || has_key(r->policy, member))
        return false;
    member->is_witness = true;
    if (count == 4 && words[3].len >= sizeof member->url)
        return false;
    if (count == 4)
        memcpy(member->url, words[3].at, words[3].len);
    return true;
}

static bool read_threshold(struct word word, size_t members, size_t *ret) {
    size_t k = 0;
    if (is(word, "all") || is(word, "any")) {
        *ret = is(word, "all") ? members : 1;
        return true;
    }
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] < '0' || word.at[i] > '9' || word.len > 2)
            return false;
        k = k * 10 + (size_t)(word.at[i] - '0');
    }
    *ret = k;
    return k >= 1 && k <= members;
}

static bool read_group(struct reading *r, const struct word *words, size_t count) {
    uint64_t members = 0;
    size_t threshold;
    if (count < 4 || !read_threshold(words[2], count - 3, &threshold))
        return false;
    for (size_t i = 3; i < count; i++) {
        int at = find(r->policy, words[i]);
        if (at < 0 || r->used >> at & 1)
            return false;
        r->used |= UINT64_C(1) << at;
        members |= UINT64_C(1) << at;
    }
    struct lbx_policy_member *group = add(r->policy, words[1]);
    if (!group)
        return false;
    group->threshold = threshold;
    group->members = members;
    return true;
}

static bool read_quorum(struct reading *r, const struct word *words, size_t count) {
    if (count != 2 || r->has_quorum)
        return false;
    r->has_quorum = true;
    r->policy->quorum = is(words[1], "none") ? -1 : find(r->policy, words[1]);
    return is(words[1], "none") || r->policy->quorum >= 0;
}

static bool read_line(struct reading *r, const char *line, size_t len) {
    static const struct {
        const char *name;
        bool (*read)(struct reading *r, const struct word *words, size_t count);
    } kinds[] = {{"log", read_log},
                 {"witness", read_witness},
                 {"group", read_group},
                 {"quorum", read_quorum}};
    struct word words[WORDS_MAX];
    size_t count;
    if (!split(line, len, words, &count))
        return false;
    if (count == 0 || words[0].at[0] == '#')
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is(words[0], kinds[i].name))
            return kinds[i].read(r, words, count);
    return false;
}

enum lbx_err lbx_policy_read(const char *text, size_t len, struct lbx_witness_policy *ret_policy,
                             size_t *ret_line) {
    struct reading r = {.policy = ret_policy};
    const char *end = text + len;
    ret_policy->count = 0;
    ret_policy->quorum = -1;
    for (*ret_line = 1; text < end; ++*ret_line) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = newline ? (size_t)(newline - text) : (size_t)(end - text);
        if (!read_line(&r, text, line))
            return LBX_ERR_INVALID;
        text += line + (newline != NULL);
    }
    *ret_line = 0;
    return r.has_quorum ? LBX_OK : LBX_ERR_INVALID;
}

/* ---- quorums ---- */

bool lbx_policy_is_met(const struct lbx_witness_policy *policy, uint64_t witnesses) {
    uint64_t met = 0;
    for (size_t i = 0; i < policy->count; i++) {
        const struct lbx_policy_member *m = &policy->list[i];
        bool is_met = m->is_witness
                          ? witnesses >> i & 1
                          : (size_t)__builtin_popcountll(met & m->members) >= m->threshold;
        met |= (uint64_t)is_met << i;
    }
    return policy->quorum < 0 || met >> policy->quorum & 1;
}

enum lbx_err lbx_policy_witnesses(const struct lbx_witness_policy *policy,
                                  const struct lbx_note *note, uint64_t *ret_witnesses,
                                  size_t *ret_false) {
    *ret_witnesses = 0;
    for (size_t i = 0; i < policy->count; i++) {
        if (!policy->list[i].is_witness)
            continue;
        enum lbx_err err = lbx_note_verify(note, &policy->list[i].verifier, NULL);
        if (err == LBX_ERR_REFUSED) {
            *ret_false = i;
            return err;
        }
        *ret_witnesses |= (uint64_t)(err == LBX_OK) << i;
    }
    return LBX_OK;
}
