#include <stdint.h>

// Sends `requests` GETs to a server on 127.0.0.1, `in_flight` at a time, with libcurl's multi
// interface, and reads status, fields and body of each answer into memory of its own.
// `each`, if not NULL, receives the duration of each request in nanoseconds. Returns the duration of the
// whole run in nanoseconds, or a negative number if a request failed.
int64_t plain_curl(uint16_t port, uint32_t requests, uint32_t in_flight, int64_t *each);
