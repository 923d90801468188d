package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const cosignatureType = 4

type head struct {
	size uint64
	root []byte
}

type witnessServer struct {
	name string
	key  ed25519.PrivateKey
	id   [4]byte
	logs map[string]note.Verifier

	lock sync.Mutex
	seen map[string]head
}

func newWitness(name string, logs map[string]note.Verifier) (*witnessServer, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	w := &witnessServer{name: name, key: private, logs: logs, seen: map[string]head{}}
	sum := sha256.Sum256(append([]byte(name+"\n"+string(rune(cosignatureType))), public...))
	copy(w.id[:], sum[:])
	return w, nil
}

func (w *witnessServer) vkey() string {
	typed := append([]byte{cosignatureType}, w.key.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%x+%s", w.name, w.id, base64.StdEncoding.EncodeToString(typed))
}

// cosign is a signature line over the text of a checkpoint (C2SP tlog-cosignature).
func (w *witnessServer) cosign(text string, at time.Time) string {
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at.Unix(), text)
	signature := binary.BigEndian.AppendUint64(w.id[:len(w.id):len(w.id)], uint64(at.Unix()))
	signature = append(signature, ed25519.Sign(w.key, []byte(message))...)
	return fmt.Sprintf("— %s %s\n", w.name, base64.StdEncoding.EncodeToString(signature))
}

func consistent(old, new head, hashes [][]byte) error {
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, old.size, new.size, hashes, old.root, new.root); err != nil {
		return fmt.Errorf("merkle: %w", err)
	}
	if old.size == new.size {
		return nil // tlog has no proof of that
	}
	var oldRoot, newRoot tlog.Hash
	copy(oldRoot[:], old.root)
	copy(newRoot[:], new.root)
	if err := tlog.CheckTree(toTlog(hashes), int64(new.size), newRoot, int64(old.size), oldRoot); err != nil {
		return fmt.Errorf("tlog: %w", err)
	}
	return nil
}

func (w *witnessServer) addCheckpoint(body []byte) (int, string) {
	parts := bytes.SplitN(body, []byte("\n\n"), 2)
	lines := strings.Split(string(parts[0]), "\n")
	if len(parts) != 2 || !strings.HasPrefix(lines[0], "old ") {
		return http.StatusBadRequest, "no add-checkpoint body\n"
	}
	oldSize, err := strconv.ParseUint(lines[0][len("old "):], 10, 63)
	if err != nil {
		return http.StatusBadRequest, "no old size\n"
	}
	hashes, err := decodeHashes(lines[1:])
	if err != nil {
		return http.StatusBadRequest, err.Error() + "\n"
	}
	origin := string(bytes.SplitN(parts[1], []byte("\n"), 2)[0])
	if w.logs[origin] == nil {
		return http.StatusNotFound, "unknown log\n"
	}
	checkpoint, err := openCheckpoint(parts[1], w.logs)
	if err != nil {
		return http.StatusForbidden, err.Error() + "\n"
	}
	if oldSize > checkpoint.Size {
		return http.StatusBadRequest, "old size beyond the checkpoint's\n"
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	old, new := w.seen[origin], head{checkpoint.Size, checkpoint.Hash}
	if old.size != oldSize {
		return http.StatusConflict, fmt.Sprintf("%d\n", old.size)
	}
	if old.size == 0 && len(hashes) > 0 {
		return http.StatusUnprocessableEntity, "a proof from nothing\n"
	}
	if old.size > 0 {
		if err := consistent(old, new, hashes); err != nil {
			return http.StatusUnprocessableEntity, err.Error() + "\n"
		}
	}
	w.seen[origin] = new
	text := string(parts[1][:bytes.LastIndex(parts[1], []byte("\n\n"))+1])
	return http.StatusOK, w.cosign(text, time.Now())
}

func (w *witnessServer) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if in.Method != http.MethodPost || in.URL.Path != "/add-checkpoint" {
		http.NotFound(out, in)
		return
	}
	body, err := io.ReadAll(io.LimitReader(in.Body, 1<<20))
	if err != nil {
		return
	}
	status, answer := w.addCheckpoint(body)
	if status == http.StatusConflict {
		out.Header().Set("Content-Type", "text/x.tlog.size")
	}
	out.WriteHeader(status)
	_, _ = io.WriteString(out, answer)
}

// witness prints its vkey and its address, and serves.
func witness(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("witness takes a file of vkeys and a name")
	}
	logs, err := verifiers(args[0])
	if err != nil {
		return err
	}
	w, err := newWitness(args[1], logs)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("%s\nhttp://%s\n", w.vkey(), listener.Addr())
	return http.Serve(listener, w)
}
