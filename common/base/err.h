/* The error codes of all layers, for failures from outside. Bugs of our own are asserts. */
#ifndef LBX_BASE_ERR_H
#define LBX_BASE_ERR_H

/* One list makes the enum and the texts. */
#define LBX_ERR_LIST(X)                                                                            \
    X(OK, "ok")                                                                                    \
    X(INVALID, "invalid input")                                                                    \
    X(LIMIT, "over a limit")                                                                       \
    X(NOT_FOUND, "not found")                                                                      \
    X(CONFLICT, "conflicts with what is recorded")                                                 \
    X(FENCED, "a newer owner exists")                                                              \
    X(UNAVAILABLE, "a dependency is unavailable")                                                  \
    X(REFUSED, "refused by the other side for good")                                               \
    X(STOPPING, "stopping")                                                                        \
    X(INTERNAL, "internal error")

enum lbx_err {
#define LBX_ERR_ENUM(name, text) LBX_ERR_##name,
    LBX_ERR_LIST(LBX_ERR_ENUM)
#undef LBX_ERR_ENUM
};

#define LBX_OK LBX_ERR_OK
#define LBX_MUST_CHECK __attribute__((warn_unused_result))

/* The text of a code: a few words for people; static, never NULL. */
const char *lbx_err_text(enum lbx_err err);

#endif
