/* The last authorization error of this process's Kafka clients, for tools that print advice. */
#ifndef LBX_IO_DENIED_H
#define LBX_IO_DENIED_H

/* The name of the newest authorization error, such as TOPIC_AUTHORIZATION_FAILED; static. NULL: there was none. */
const char *lbx_kafka_denied(void);

#endif
