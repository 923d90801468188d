// An enforcement point: asks whether an access is allowed now, carries it out or blocks it, and reports which.
//
//	go run ./enforcement ../access.json      exit 0: carried out, 1: blocked
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/google/uuid"
	_ "github.com/lib/pq"
)

const source = "https://enforcement.example"
const question = `SELECT allowed, request_id, expires_at, reason FROM lockbox.access_check($1, $2, $3, $4, $5, $6)`

type access struct {
	EngineerID  string    `json:"engineer_id"`
	ResourceID  string    `json:"resource_id"`
	Action      string    `json:"action"`
	Namespace   *string   `json:"namespace,omitempty"` // nil is NULL; empty text matches nothing
	Kind        *string   `json:"kind,omitempty"`
	Name        *string   `json:"name,omitempty"`
	PerformedAt time.Time `json:"performed_at"`
	Outcome     string    `json:"outcome"`
	RequestID   *string   `json:"request_id,omitempty"`
}

// Allowed, by which request, and why. No answer is a no. Ask before every access: a yes may be revoked.
func ask(a access) (allowed bool, requestID *string, why string) {
	database, err := sql.Open("postgres", os.Getenv("LOCKBOX_ENFORCER_URL"))
	check(err)
	defer database.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var expiresAt sql.NullTime
	row := database.QueryRowContext(ctx, question, a.EngineerID, a.ResourceID, a.Action, a.Namespace, a.Kind, a.Name)
	if err := row.Scan(&allowed, &requestID, &expiresAt, &why); err != nil {
		return false, nil, fmt.Sprintf("no answer (%T)", err)
	}
	if allowed {
		why += " until " + expiresAt.Time.Format(time.RFC3339)
	}
	return allowed, requestID, why
}

func carryOut(a access) {
	fmt.Println("doing", a.Action) // here stands the call to the cluster
}

// What was blocked is reported, too. A report that fails must be kept and sent again, with the same id.
func report(a access) {
	event := cloudevents.NewEvent()
	event.SetID(uuid.NewString())
	event.SetSource(source)
	event.SetType("lockbox.access.performed.v1")
	event.SetTime(a.PerformedAt)
	check(event.SetData(cloudevents.ApplicationJSON, a))
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	config.Producer.Idempotent, config.Net.MaxOpenRequests = true, 1
	config.Producer.RequiredAcks = sarama.WaitForAll
	brokers := strings.Split(os.Getenv("LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"), ",")
	sender, err := kafka_sarama.NewSender(brokers, secure(config), "lockbox.accesses.v1")
	check(err)
	defer sender.Close(context.Background())
	client, err := cloudevents.NewClient(sender)
	check(err)
	ctx := kafka_sarama.WithMessageKey(binding.WithForceStructured(context.Background()), sarama.StringEncoder(a.EngineerID))
	if result := client.Send(ctx, event); cloudevents.IsUndelivered(result) {
		log.Fatalf("not reported, keep it and try again: %v", result)
	}
}

// TLS and a password (PLAIN, inside TLS) by the workers' settings, where they are set.
func secure(config *sarama.Config) *sarama.Config {
	if os.Getenv("LOCKBOX_KAFKA_SECURITY_PROTOCOL") != "SASL_SSL" {
		return config
	}
	ca, err := os.ReadFile(os.Getenv("LOCKBOX_KAFKA_SSL_CA_LOCATION"))
	check(err)
	password, err := os.ReadFile(os.Getenv("LOCKBOX_KAFKA_SASL_PASSWORD_FILE"))
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	config.Net.TLS.Enable, config.Net.TLS.Config = true, &tls.Config{RootCAs: roots}
	config.Net.SASL.Enable, config.Net.SASL.Mechanism = true, sarama.SASLTypePlaintext
	config.Net.SASL.User = os.Getenv("LOCKBOX_KAFKA_SASL_USERNAME")
	config.Net.SASL.Password = strings.TrimSpace(string(password))
	return config
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// The one argument. A program that is asked how it is used says so, and does nothing.
func namedFile() string {
	const usage = "usage: go run ./enforcement ../access.json"
	switch arguments := os.Args[1:]; {
	case len(arguments) == 1 && (arguments[0] == "--help" || arguments[0] == "-h"):
		fmt.Println(usage)
		os.Exit(0)
	case len(arguments) != 1 || strings.HasPrefix(arguments[0], "-"):
		fmt.Fprintf(os.Stderr, "not %s; %s\n", strings.Join(arguments, " "), usage)
		os.Exit(2)
	}
	return os.Args[1]
}

func main() {
	var a access
	text, err := os.ReadFile(namedFile())
	check(err)
	check(json.Unmarshal(text, &a))
	allowed, requestID, why := ask(a)
	a.PerformedAt, a.Outcome, a.RequestID = time.Now().UTC(), "blocked", requestID
	if allowed {
		a.Outcome = "allowed"
		fmt.Println("allowed:", why)
		carryOut(a)
	} else {
		fmt.Println("blocked:", why)
	}
	report(a)
	if !allowed {
		os.Exit(1)
	}
}
