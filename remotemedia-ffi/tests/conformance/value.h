/* Values of conformance cases, as packets. */
#ifndef VALUE_H
#define VALUE_H

#include <json-c/json.h>
#include <remotemedia.h>

/* A packet with the value that a case says; null, with the reason on the error stream, if it says none. */
rm_packet_t *packet_of(struct json_object *value);

/* Whether two packets hold the same value of the same kind. */
bool same_value(const rm_packet_t *left, const rm_packet_t *right);

/* Prints the value that a packet holds, for people. */
void print_value(const rm_packet_t *packet);

#endif
