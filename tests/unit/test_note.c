/* Signed notes, keys, checkpoints and proofs: known ones hold, and one changed byte makes any fail. */
#include "tlog/note.h"

#include "check.h"

/* The key pair and the note of C2SP's signed-note page and of golang.org/x/mod/sumdb/note's tests. */
#define PETER_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SKEY "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_TEXT                                                                                 \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define PETER_LINE                                                                                 \
    "\xE2\x80\x94 PeterNeumann "                                                                   \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define FOO_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_NOTE                                                                                   \
    "This is an example message.\n\n\xE2\x80\x94 example.com/foo "                                 \
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

static struct lbx_verifier vkey(const char *text) {
    struct lbx_verifier verifier;
    assert_int_equal(lbx_vkey_read(text, strlen(text), &verifier), LBX_OK);
    return verifier;
}

static struct lbx_signing_key peter(void) {
    struct lbx_signing_key key;
    assert_int_equal(lbx_signing_key_read(PETER_SKEY "\n", strlen(PETER_SKEY) + 1, &key), LBX_OK);
    return key;
}

static void keys_come_back(void **state) {
    (void)state;
    struct lbx_verifier verifier = vkey(PETER_VKEY);
    struct lbx_signing_key key = peter();
    struct lbx_buf text LBX_BUF = {0};
    assert_string_equal(verifier.name, "PeterNeumann");
    assert_int_equal(verifier.key_id, 0xc74f20a3);
    assert_memory_equal(verifier.public_key, key.public_key, LBX_KEY_SIZE);
    lbx_vkey_write(&verifier, &text);
    assert_string_equal(text.data, PETER_VKEY);
    lbx_buf_clear(&text);
    lbx_skey_write("PeterNeumann", &key, &text);
    assert_string_equal(text.data, PETER_SKEY);
}

static void keys_of_another_form(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcAQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==",
        " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER_VKEY "\n",
        PETER_SKEY,
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_verifier verifier;
        enum lbx_err err = lbx_vkey_read(rows[i], strlen(rows[i]), &verifier);
        CHECK_ROW(&bad, rows[i], err == LBX_ERR_INVALID, "err %d", err);
    }
    assert_int_equal(bad, 0);
}

static void signing_keys_in_pem(void **state) {
    (void)state;
    /* RFC 8410, section 10.3 */
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                              "-----END PRIVATE KEY-----\n";
    static const unsigned char public_key[LBX_KEY_SIZE] = {
        0x19, 0xBF, 0x44, 0x09, 0x69, 0x84, 0xCD, 0xFE, 0x85, 0x41, 0xBA,
        0xC1, 0x67, 0xDC, 0x3B, 0x96, 0xC8, 0x50, 0x86, 0xAA, 0x30, 0xB6,
        0xB6, 0xCB, 0x0C, 0x5C, 0x38, 0xAD, 0x70, 0x31, 0x66, 0xE1};
    static const char *const wrong[] = {
        "",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "PRIVATE+KEY+PeterNeumann+c74f20a3",
        "PRIVATE+KEY+PeterNeumann+c74f20a3+BIEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        PETER_VKEY,
    };
    struct lbx_signing_key key;
    assert_int_equal(lbx_signing_key_read(pem, strlen(pem), &key), LBX_OK);
    assert_memory_equal(key.public_key, public_key, LBX_KEY_SIZE);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(lbx_signing_key_read(wrong[i], strlen(wrong[i]), &key), LBX_ERR_INVALID);
}

static void known_notes_hold(void **state) {
    (void)state;
    struct lbx_note note;
    struct lbx_verifier foo = vkey(FOO_VKEY), peters = vkey(PETER_VKEY);
    assert_int_equal(lbx_note_read(FOO_NOTE, strlen(FOO_NOTE), &note), LBX_OK);
    assert_int_equal(note.text_len, strlen("This is an example message.\n"));
    assert_int_equal(lbx_note_verify(&note, &foo, NULL), LBX_OK);
    assert_int_equal(lbx_note_verify(&note, &peters, NULL), LBX_ERR_NOT_FOUND);
    foo.public_key[0] ^= 1;
    assert_int_equal(lbx_note_verify(&note, &foo, NULL), LBX_ERR_REFUSED);
}

static void signing_is_deterministic(void **state) {
    (void)state;
    struct lbx_signing_key key = peter();
    struct lbx_buf line LBX_BUF = {0};
    lbx_note_sign(PETER_TEXT, strlen(PETER_TEXT), "PeterNeumann", LBX_NOTE_ED25519, 0, &key, &line);
    assert_string_equal(line.data, PETER_LINE);
}

static void notes_of_another_form(void **state) {
    (void)state;
    static const struct {
        const char *what, *note;
    } rows[] = {
        {"nothing", ""},
        {"no signature", PETER_TEXT},
        {"no signature behind the empty line", PETER_TEXT "\n"},
        {"no newline at the end",
         PETER_TEXT "\n\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQ"},
        {"no text", "\n" PETER_LINE},
        {"a control character", "a\tb\n\n" PETER_LINE},
        {"no UTF-8", "a\xFF\n\n" PETER_LINE},
        {"a hyphen", PETER_TEXT "\n- PeterNeumann x08go/ZJkuBS9UG/SffcvIAQ\n"},
        {"no name", PETER_TEXT "\n\xE2\x80\x94  x08go/ZJkuBS9UG/SffcvIAQ\n"},
        {"a name with a plus sign", PETER_TEXT "\n\xE2\x80\x94 a+b x08go/ZJkuBS9UG/SffcvIAQ\n"},
        {"two spaces", PETER_TEXT "\n\xE2\x80\x94 a  x08go/ZJkuBS9UG/SffcvIAQ\n"},
        {"no base64", PETER_TEXT "\n\xE2\x80\x94 a x08go/ZJkuBS9UG/SffcvIA!\n"},
        {"a signature of no bytes", PETER_TEXT "\n\xE2\x80\x94 a x08gow==\n"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_note note;
        enum lbx_err err = lbx_note_read(rows[i].note, strlen(rows[i].note), &note);
        CHECK_ROW(&bad, rows[i].what, err == LBX_ERR_INVALID, "err %d", err);
    }
    assert_int_equal(bad, 0);
}

static void too_many_signatures(void **state) {
    (void)state;
    struct lbx_note note;
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_str(&text, PETER_TEXT "\n");
    for (int i = 0; i < LBX_NOTE_SIGNATURES; i++)
        lbx_buf_str(&text, PETER_LINE);
    assert_int_equal(lbx_note_read(text.data, text.len, &note), LBX_OK);
    assert_int_equal(note.signature_count, LBX_NOTE_SIGNATURES);
    lbx_buf_str(&text, PETER_LINE);
    assert_int_equal(lbx_note_read(text.data, text.len, &note), LBX_ERR_INVALID);
}

static void cosignatures(void **state) {
    (void)state;
    struct lbx_signing_key key = peter();
    struct lbx_verifier witness, log;
    struct lbx_buf note LBX_BUF = {0};
    struct lbx_note read;
    uint64_t at = 0;
    assert_int_equal(lbx_verifier_init(&log, "witness.example", LBX_NOTE_ED25519, key.public_key),
                     LBX_OK);
    assert_int_equal(
        lbx_verifier_init(&witness, "witness.example", LBX_NOTE_COSIGNATURE, key.public_key),
        LBX_OK);
    lbx_buf_str(&note, PETER_TEXT "\n");
    lbx_note_sign(PETER_TEXT, strlen(PETER_TEXT), "witness.example", LBX_NOTE_COSIGNATURE,
                  1679315147, &key, &note);
    assert_int_equal(lbx_note_read(note.data, note.len, &read), LBX_OK);
    assert_int_equal(lbx_note_verify(&read, &witness, &at), LBX_OK);
    assert_int_equal(at, 1679315147);
    /* The same key under the other type is another key. */
    assert_int_equal(lbx_note_verify(&read, &log, NULL), LBX_ERR_NOT_FOUND);
    read.signatures[0].bytes[7] ^= 1; /* its time */
    assert_int_equal(lbx_note_verify(&read, &witness, NULL), LBX_ERR_REFUSED);
}

static void origins(void **state) {
    (void)state;
    static const struct {
        const char *prefix, *topic;
        int32_t partition;
        int64_t base;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"lockbox.example.com/prod", "lockbox.events.v1", 3, 0,
         "lockbox.example.com/prod/lockbox.events.v1/3"},
        {"x", "t", 0, 1234567890123, "x/t/0@1234567890123"},
        {"with space", "t", 0, 0, NULL},
        {"with+plus", "t", 0, 0, NULL},
        {"with\nnewline", "t", 0, 0, NULL},
        {"\xFF", "t", 0, 0, NULL},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char origin[LBX_NOTE_NAME_SIZE];
        enum lbx_err err =
            lbx_log_origin(rows[i].prefix, rows[i].topic, rows[i].partition, rows[i].base, origin);
        CHECK_ROW(&bad, rows[i].prefix, (err == LBX_OK) == (rows[i].want != NULL), "err %d", err);
        if (err == LBX_OK)
            CHECK_ROW(&bad, rows[i].prefix, same(origin, rows[i].want), "got %s", origin);
    }
    char *long_prefix LBX_FREE = malloc(401), origin[LBX_NOTE_NAME_SIZE];
    memset(long_prefix, 'x', 400);
    long_prefix[400] = '\0';
    assert_int_equal(lbx_log_origin(long_prefix, "t", 0, 7, origin), LBX_ERR_INVALID);
    assert_int_equal(bad, 0);
}

static void checkpoints_come_back(void **state) {
    (void)state;
    struct lbx_signing_key key = peter();
    struct lbx_checkpoint checkpoint = {.origin = "example.com/log/t/0", .size = 20852163}, back;
    struct lbx_buf text LBX_BUF = {0};
    struct lbx_note note;
    struct lbx_verifier verifier;
    memset(&checkpoint.root, 0xA5, sizeof checkpoint.root);
    lbx_checkpoint_sign(&checkpoint, &key, &text);
    assert_int_equal(lbx_note_read(text.data, text.len, &note), LBX_OK);
    assert_int_equal(lbx_checkpoint_read(&note, &back), LBX_OK);
    assert_string_equal(back.origin, checkpoint.origin);
    assert_int_equal(back.size, checkpoint.size);
    assert_true(lbx_hash_equal(&back.root, &checkpoint.root));
    assert_int_equal(
        lbx_verifier_init(&verifier, checkpoint.origin, LBX_NOTE_ED25519, key.public_key), LBX_OK);
    assert_int_equal(lbx_note_verify(&note, &verifier, NULL), LBX_OK);
}

static void checkpoints_of_another_form(void **state) {
    (void)state;
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    static const char *const rows[] = {
        "o\n1\n",     "o\n01\n" ROOT,  "o\n-1\n" ROOT, "o\n9223372036854775808\n" ROOT,
        "o\n\n" ROOT, "o o\n1\n" ROOT, "o\n1\nAAAA\n", "o\n1\n" ROOT "extension\n",
        "\n1\n" ROOT,
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf text LBX_BUF = {0};
        struct lbx_note note;
        struct lbx_checkpoint checkpoint;
        lbx_buf_printf(&text, "%s\n%s", rows[i], PETER_LINE);
        enum lbx_err err = lbx_note_read(text.data, text.len, &note);
        if (err == LBX_OK)
            err = lbx_checkpoint_read(&note, &checkpoint);
        CHECK_ROW(&bad, rows[i], err == LBX_ERR_INVALID, "err %d", err);
    }
    assert_int_equal(bad, 0);
}

static void proofs_come_back(void **state) {
    (void)state;
    struct lbx_tlog_proof proof = {.index = 73894,
                                   .proof.count = 3,
                                   .checkpoint = FOO_NOTE,
                                   .checkpoint_len = strlen(FOO_NOTE)},
                          back;
    struct lbx_buf text LBX_BUF = {0}, with_extra LBX_BUF = {0};
    memset(proof.proof.hashes, 0x5A, sizeof proof.proof.hashes);
    lbx_tlog_proof_write(&proof, &text);
    assert_int_equal(lbx_tlog_proof_read(text.data, text.len, &back), LBX_OK);
    assert_int_equal(back.index, proof.index);
    assert_int_equal(back.proof.count, 3);
    assert_memory_equal(back.proof.hashes, proof.proof.hashes, 3 * LBX_HASH_SIZE);
    assert_int_equal(back.checkpoint_len, strlen(FOO_NOTE));
    assert_memory_equal(back.checkpoint, FOO_NOTE, back.checkpoint_len);
    lbx_buf_printf(&with_extra, "c2sp.org/tlog-proof@v1\nextra AAAA\n%s",
                   strchr(text.data, '\n') + 1);
    assert_int_equal(lbx_tlog_proof_read(with_extra.data, with_extra.len, &back), LBX_OK);
    assert_int_equal(back.index, proof.index);
    for (size_t len = 0; len < text.len - strlen(FOO_NOTE); len++) {
        char *part LBX_FREE = malloc(len + !len);
        memcpy(part, text.data, len);
        assert_int_equal(lbx_tlog_proof_read(part, len, &back), LBX_ERR_INVALID);
    }
}

/* Whatever is in a byte of a note or a proof, reading it ends, inside of it (AddressSanitizer's part), and
 * a note that was changed is not accepted in its text. */
static void changed_bytes(void **state) {
    (void)state;
    struct lbx_verifier foo = vkey(FOO_VKEY);
    size_t len = strlen(FOO_NOTE);
    for (size_t at = 0; at < len; at++)
        for (int value = 0; value < 256; value++) {
            char *bytes LBX_FREE = malloc(len);
            struct lbx_note note;
            struct lbx_tlog_proof proof;
            memcpy(bytes, FOO_NOTE, len);
            if ((unsigned char)bytes[at] == value)
                continue;
            bytes[at] = (char)value;
            if (lbx_note_read(bytes, len, &note) == LBX_OK)
                assert_int_not_equal(lbx_note_verify(&note, &foo, NULL), LBX_OK);
            (void)(lbx_tlog_proof_read(bytes, len, &proof) == LBX_OK);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_back),
        cmocka_unit_test(keys_of_another_form),
        cmocka_unit_test(signing_keys_in_pem),
        cmocka_unit_test(known_notes_hold),
        cmocka_unit_test(signing_is_deterministic),
        cmocka_unit_test(notes_of_another_form),
        cmocka_unit_test(too_many_signatures),
        cmocka_unit_test(cosignatures),
        cmocka_unit_test(origins),
        cmocka_unit_test(checkpoints_come_back),
        cmocka_unit_test(checkpoints_of_another_form),
        cmocka_unit_test(proofs_come_back),
        cmocka_unit_test(changed_bytes),
    };
    return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
