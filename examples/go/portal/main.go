// A customer's portal: registers the tenant, turns Lockbox on, shows what is asked, and sends an approver's decision.
//
//	go run ./portal ../tenant.json      reads "approve" or "deny" and a comment from standard input
//	                                    exit 0: the decision was applied, or was before; 1: it was not, or Lockbox could not be turned on,
//	                                    2: an event could not be read
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/google/uuid"
)

const source = "https://portal.example/lockbox"

var brokers = strings.Split(os.Getenv("LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"), ",")

var published sync.Map // the value of every record sent

type object = map[string]any

type tenant struct {
	ID            string    `json:"tenant_id"`
	Subscription  string    `json:"subscription_id"`
	RegisteredAt  time.Time `json:"registered_at"`
	Administrator object    `json:"administrator"`
	Approver      object    `json:"approver"`
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

// Returns the event's id, by which its answer is known. Where it fails: publish the same event again.
func publish(topic, key, what, id string, at time.Time, data object) string {
	event := cloudevents.NewEvent()
	event.SetID(id)
	event.SetSource(source)
	event.SetType("lockbox." + what + ".v1")
	event.SetTime(at)
	check(event.SetData(cloudevents.ApplicationJSON, data))
	value, err := json.Marshal(event)
	check(err)
	published.Store(string(value), true)
	sender, err := kafka_sarama.NewSender(brokers, config(), topic)
	check(err)
	defer sender.Close(context.Background())
	client, err := cloudevents.NewClient(sender)
	check(err)
	ctx := kafka_sarama.WithMessageKey(binding.WithForceStructured(context.Background()), sarama.StringEncoder(key))
	if result := client.Send(ctx, event); cloudevents.IsUndelivered(result) {
		log.Fatalf("not published, try again: %v", result)
	}
	return id
}

// Who is who, and that Lockbox is on. Ids and times are the portal's records' own: again does nothing.
func register(t tenant) (ids []string) {
	facts := []struct {
		what string
		data object
	}{
		{"subscription_added", object{"subscription_id": t.Subscription}},
		{"role_assigned", object{"principal": t.Administrator, "role": "global_administrator"}},
		{"role_assigned", object{"subscription_id": t.Subscription, "principal": t.Approver, "role": "lockbox_approver"}},
		{"lockbox_enabled", object{"subscription_id": t.Subscription, "by": t.Administrator}},
	}
	for i, fact := range facts {
		fact.data["tenant_id"] = t.ID
		ids = append(ids, publish("lockbox.tenants.v1", t.ID, "tenant."+fact.what, fmt.Sprintf("%s/%d", t.ID, i+1),
			t.RegisteredAt, fact.data))
	}
	return ids
}

// Each event once, from the beginning: delivery is at least once, so repeats are dropped by id.
func events() <-chan *cloudevents.Event {
	out := make(chan *cloudevents.Event)
	records := make(chan *sarama.ConsumerMessage)
	consumer, err := sarama.NewConsumer(brokers, config())
	check(err)
	for _, topic := range []string{"lockbox.events.v1", "lockbox.deadletter.v1"} {
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
	go func() {
		seen := map[string]bool{}
		for record := range records {
			if record.Topic == "lockbox.deadletter.v1" {
				exitIfOurs(record)
				continue
			}
			event, err := binding.ToEvent(context.Background(), kafka_sarama.NewMessageFromConsumerMessage(record))
			check(err)
			if !seen[event.ID()] {
				seen[event.ID()] = true
				out <- event
			}
		}
	}()
	return out
}

func exitIfOurs(deadLetter *sarama.ConsumerMessage) {
	if _, ours := published.Load(string(deadLetter.Value)); !ours {
		return
	}
	for _, header := range deadLetter.Headers {
		if string(header.Key) == "__connect.errors.exception.message" {
			fmt.Println("dead letter:", string(header.Value))
		}
	}
	os.Exit(2)
}

func answer(feed <-chan *cloudevents.Event, id, family string) (*cloudevents.Event, object) {
	for event := range feed {
		if event.Extensions()["causationid"] == id && strings.HasPrefix(event.Type(), family) {
			var data object
			check(event.DataAs(&data))
			return event, data
		}
	}
	panic("the feed has no end")
}

func asked(feed <-chan *cloudevents.Event, subscription string) object {
	for event := range feed {
		var data struct{ Request object }
		check(event.DataAs(&data))
		if event.Type() == "lockbox.request.created.v1" && data.Request["subscription_id"] == subscription {
			return data.Request
		}
	}
	panic("the feed has no end")
}

func show(request object) {
	engineer := request["engineer"].(object)
	fmt.Printf("%v: until %v, %v of %v asks\n", request["request_id"], request["decide_by"], engineer["name"],
		engineer["organization"])
	for _, item := range request["actions"].([]any) {
		line := " "
		for _, part := range []string{"number", "action", "namespace", "kind", "name"} {
			if value, ok := item.(object)[part]; ok {
				line += fmt.Sprintf(" %v", value)
			}
		}
		fmt.Println(line)
	}
	fmt.Printf("  on %v\n  for %v: %v\n", request["resource_id"], request["duration"], request["justification"])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// The one argument. A program that is asked how it is used says so, and does nothing.
func namedFile() string {
	const usage = "usage: go run ./portal ../tenant.json"
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
	var t tenant
	text, err := os.ReadFile(namedFile())
	check(err)
	check(json.Unmarshal(text, &t))
	feed := events()
	for _, id := range register(t) {
		if event, data := answer(feed, id, "lockbox.tenant."); event.Type() == "lockbox.tenant.change_refused.v1" {
			fmt.Println("refused:", data["change"], data["reason"])
			os.Exit(1)
		}
	}
	fmt.Println("Lockbox is on for", t.Subscription)
	feed = events() // once more: the request may be older than this run
	request := asked(feed, t.Subscription)
	show(request)
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	decision, comment, _ := strings.Cut(strings.TrimSpace(line), " ")
	requestID := request["request_id"].(string)
	id := publish("lockbox.decisions.v1", requestID, "decision.submitted", uuid.NewString(), time.Now(),
		object{"request_id": requestID, "decision": decision, "by": t.Approver, "comment": comment})
	_, data := answer(feed, id, "lockbox.decision.")
	fmt.Println("verdict:", data["verdict"])
	switch data["verdict"] {
	case "applied", "recorded", "duplicate":
	default:
		os.Exit(1)
	}
}
