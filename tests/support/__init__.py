"""What the tests of the running system share. Nothing here knows the C code: it speaks CloudEvents on Kafka, SQL, HTTP and
Maildir, as the neighbours of Lockbox do."""
