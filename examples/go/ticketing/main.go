// A ticketing system: opens a ticket, assigns its engineer, asks for access, and follows what becomes of it.
//
//	go run ./ticketing ../ticket.json      exit 0: access is granted, 1: it is not, 2: an event could not be read,
//	                                       3: nobody was asked, Lockbox is not on for the subscription
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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
)

const source = "https://support.example/tickets"

var brokers = strings.Split(os.Getenv("LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"), ",")

type fact struct {
	At   time.Time      `json:"at"`
	Data map[string]any `json:"data"`
}

type ticket struct {
	ID       string `json:"ticket_id"`
	Opened   fact   `json:"opened"`
	Assigned fact   `json:"assigned"`
	Asked    fact   `json:"asked"`
}

// Id and time are the fact's own, not this run's: publishing a fact again writes the same bytes, and does nothing.
func (t ticket) event(what string, fact fact) cloudevents.Event {
	name := fmt.Sprintf("%s/%s/%s/%s", source, t.ID, what, fact.At.Format(time.RFC3339Nano))
	fact.Data["ticket_id"] = t.ID
	event := cloudevents.NewEvent()
	event.SetID(uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String())
	event.SetSource(source)
	event.SetType("lockbox." + what + ".v1")
	event.SetTime(fact.At)
	check(event.SetData(cloudevents.ApplicationJSON, fact.Data))
	return event
}

func config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	config.Producer.Idempotent, config.Net.MaxOpenRequests = true, 1
	config.Producer.RequiredAcks = sarama.WaitForAll
	return secure(config)
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

// Under one key, and so in this order. Where it fails: publish all of it again.
func publish(t ticket, events []cloudevents.Event) {
	sender, err := kafka_sarama.NewSender(brokers, config(), "lockbox.tickets.v1")
	check(err)
	defer sender.Close(context.Background())
	client, err := cloudevents.NewClient(sender)
	check(err)
	ctx := kafka_sarama.WithMessageKey(binding.WithForceStructured(context.Background()), sarama.StringEncoder(t.ID))
	for _, event := range events {
		if result := client.Send(ctx, event); cloudevents.IsUndelivered(result) {
			log.Fatalf("not published, try again: %v", result)
		}
	}
}

// A system that stays up reads in a consumer group, and commits an offset once it has stored what it read.
func read(topics ...string) <-chan *sarama.ConsumerMessage {
	records := make(chan *sarama.ConsumerMessage)
	consumer, err := sarama.NewConsumer(brokers, config())
	check(err)
	for _, topic := range topics {
		partitions, err := consumer.Partitions(topic)
		check(err)
		for _, partition := range partitions {
			reader, err := consumer.ConsumePartition(topic, partition, sarama.OffsetOldest)
			check(err)
			go func() {
				for record := range reader.Messages() {
					records <- record
				}
			}()
		}
	}
	return records
}

func follow(t ticket, events []cloudevents.Event) int {
	wish := events[len(events)-1]
	seen, requestID := map[string]bool{}, ""
	for record := range read("lockbox.events.v1", "lockbox.deadletter.v1") {
		if record.Topic == "lockbox.deadletter.v1" {
			if reason := whyDead(record, t.ID, events); reason != "" {
				fmt.Println("dead letter:", reason)
				return 2
			}
			continue
		}
		event, err := binding.ToEvent(context.Background(), kafka_sarama.NewMessageFromConsumerMessage(record))
		check(err)
		if seen[event.ID()] || !strings.HasPrefix(event.Type(), "lockbox.request.") {
			continue
		}
		seen[event.ID()] = true
		if event.Extensions()["causationid"] == wish.ID() {
			requestID = event.Subject()
		}
		if event.Subject() != requestID {
			continue
		}
		var data struct {
			Request struct {
				State     string `json:"state"`
				Reason    string `json:"reason"`
				ExpiresAt string `json:"expires_at"`
			} `json:"request"`
		}
		check(event.DataAs(&data))
		fmt.Println(requestID, data.Request.State, data.Request.Reason+data.Request.ExpiresAt)
		switch data.Request.State {
		case "customer_notified":
		case "approved":
			return 0
		case "not_required":
			return 3
		default:
			return 1
		}
	}
	return 1
}

// Where the dead letter is one of ours: the reason.
func whyDead(record *sarama.ConsumerMessage, key string, events []cloudevents.Event) string {
	if string(record.Key) != key {
		return ""
	}
	for _, event := range events {
		value, err := json.Marshal(event)
		check(err)
		for _, header := range record.Headers {
			if string(value) == string(record.Value) && string(header.Key) == "__connect.errors.exception.message" {
				return string(header.Value)
			}
		}
	}
	return ""
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// The one argument. A program that is asked how it is used says so, and does nothing.
func namedFile() string {
	const usage = "usage: go run ./ticketing ../ticket.json"
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
	var t ticket
	text, err := os.ReadFile(namedFile())
	check(err)
	check(json.Unmarshal(text, &t))
	events := []cloudevents.Event{t.event("ticket.opened", t.Opened), t.event("ticket.assigned", t.Assigned),
		t.event("access.requested", t.Asked)}
	publish(t, events)
	os.Exit(follow(t, events))
}
