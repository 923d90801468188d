/* The texts of transparency logs: keys, signed notes, checkpoints, proofs, policies. What is accepted has
 * one spelling: written again, it is the same text. */
#include "tlog/policy.h"

#include "fuzz.h"

static bool is(const struct lbx_buf *out, const char *text, size_t len) {
    return out->len == len && memcmp(out->data, text, len) == 0;
}

static void keys(const char *text, size_t len) {
    struct lbx_verifier verifier;
    struct lbx_signing_key key;
    struct lbx_buf out LBX_BUF = {0};
    if (lbx_vkey_read(text, len, &verifier) == LBX_OK) {
        assert(lbx_note_name_is_valid(verifier.name, strlen(verifier.name)));
        lbx_vkey_write(&verifier, &out);
        assert(is(&out, text, len));
    }
    (void)lbx_signing_key_read(text, len, &key);
}

static void signatures(const struct lbx_note *note) {
    static const unsigned char key[LBX_KEY_SIZE] = {1};
    assert(note->signature_count >= 1 && note->signature_count <= LBX_NOTE_SIGNATURES);
    for (size_t i = 0; i < note->signature_count; i++) {
        struct lbx_verifier verifier;
        uint64_t at;
        const struct lbx_note_signature *signature = &note->signatures[i];
        assert(lbx_verifier_init(&verifier, signature->name, LBX_NOTE_COSIGNATURE, key) == LBX_OK);
        (void)lbx_note_verify(note, &verifier, &at);
        verifier.key_id = signature->key_id; /* as if it were this key's */
        assert(lbx_note_signature_verify(signature, note->text, note->text_len, &verifier, &at) !=
               LBX_OK);
    }
}

static void notes(const char *text, size_t len) {
    struct lbx_note note;
    struct lbx_checkpoint checkpoint;
    struct lbx_buf out LBX_BUF = {0};
    if (lbx_note_read(text, len, &note) != LBX_OK)
        return;
    signatures(&note);
    if (lbx_checkpoint_read(&note, &checkpoint) == LBX_OK) {
        lbx_checkpoint_text(&checkpoint, &out);
        assert(is(&out, note.text, note.text_len));
    }
}

static void proofs(const char *text, size_t len) {
    struct lbx_tlog_proof proof;
    struct lbx_buf out LBX_BUF = {0};
    if (lbx_tlog_proof_read(text, len, &proof) != LBX_OK)
        return;
    assert(proof.proof.count <= LBX_PROOF_MAX);
    lbx_tlog_proof_write(&proof, &out);
    assert(is(&out, text, len) || strstr(text, "\nextra "));
}

static void policies(const char *text, size_t len) {
    struct lbx_witness_policy policy;
    size_t line = 0;
    if (lbx_policy_read(text, len, &policy, &line) != LBX_OK)
        return;
    assert(policy.count <= LBX_POLICY_MEMBERS && policy.quorum < (int)policy.count);
    assert(lbx_policy_is_met(&policy, 0) <= lbx_policy_is_met(&policy, UINT64_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct lbx_note_signature signature;
    struct lbx_hash hash;
    size_t len;
    char *text LBX_FREE = fuzz_rest(&in, &len), *ended LBX_FREE = strndup(text, len);
    keys(text, len);
    notes(text, len);
    if (strlen(ended) == len)
        proofs(ended, len);
    policies(text, len);
    (void)lbx_note_signature_read(text, len, &signature);
    (void)lbx_hash_read(text, len, &hash);
    return 0;
}
