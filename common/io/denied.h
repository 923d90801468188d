/* What Kafka forbade a client of this process; for tools that tell people what to do about a failure. */
#ifndef LBX_IO_DENIED_H
#define LBX_IO_DENIED_H

/* The name of the newest authorization error, such as TOPIC_AUTHORIZATION_FAILED; static. NULL: there was none. */
const char *lbx_kafka_denied(void);

#endif
