package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verifiers reads vkeys, one a line.
func verifiers(path string) (map[string]note.Verifier, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	byName := map[string]note.Verifier{}
	for _, line := range strings.Fields(string(text)) {
		verifier, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		byName[verifier.Name()] = verifier
	}
	return byName, nil
}

// openCheckpoint verifies a checkpoint by the key that goes by its origin's name.
func openCheckpoint(text []byte, keys map[string]note.Verifier) (*log.Checkpoint, error) {
	origin := string(bytes.SplitN(text, []byte("\n"), 2)[0])
	key := keys[origin]
	if key == nil {
		return nil, fmt.Errorf("no key of %s", origin)
	}
	checkpoint, _, _, err := log.ParseCheckpoint(text, origin, key)
	return checkpoint, err
}

func decodeHashes(lines []string) ([][]byte, error) {
	var hashes [][]byte
	for _, line := range lines {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("no hash: %s", line)
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func toTlog(hashes [][]byte) []tlog.Hash {
	out := make([]tlog.Hash, len(hashes))
	for i, hash := range hashes {
		copy(out[i][:], hash)
	}
	return out
}

// checkProof verifies a tlog-proof of a leaf.
func checkProof(text []byte, leaf []byte, keys map[string]note.Verifier) error {
	parts := strings.SplitN(string(text), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return fmt.Errorf("no tlog-proof")
	}
	index, err := strconv.ParseUint(lines[1][len("index "):], 10, 63)
	if err != nil {
		return err
	}
	hashes, err := decodeHashes(lines[2:])
	if err != nil {
		return err
	}
	checkpoint, err := openCheckpoint([]byte(parts[1]), keys)
	if err != nil {
		return err
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, checkpoint.Size, rfc6962.DefaultHasher.HashLeaf(leaf),
		hashes, checkpoint.Hash); err != nil {
		return fmt.Errorf("merkle: %w", err)
	}
	var root tlog.Hash
	copy(root[:], checkpoint.Hash)
	if err := tlog.CheckRecord(toTlog(hashes), int64(checkpoint.Size), root, int64(index), tlog.RecordHash(leaf)); err != nil {
		return fmt.Errorf("tlog: %w", err)
	}
	return nil
}

func check(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("check takes a folder")
	}
	keys, err := verifiers(filepath.Join(args[0], "vkeys.txt"))
	if err != nil {
		return err
	}
	leaves, err := filepath.Glob(filepath.Join(args[0], "records", "*", "*", "*.leaf"))
	if err != nil {
		return err
	}
	for _, path := range leaves {
		leaf, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(strings.TrimSuffix(path, ".leaf") + ".tlog-proof")
		if err != nil {
			return err
		}
		if err := checkProof(text, leaf, keys); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Println(len(leaves))
	return nil
}
