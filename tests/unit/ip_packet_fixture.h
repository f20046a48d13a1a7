/*
 * Packets for the tests of the IP decoder, and what holds for every packet that it has decoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_IP_PACKET_FIXTURE_H
#define IPMON_IP_PACKET_FIXTURE_H

#include "unit.h"

#include "ip_packet.h"

enum {
    BUFFER = 1024,
    WALK_MAX = 64, /* more extension headers than any packet here can hold */
    PORTS = IP_FIELD_SOURCE_PORT | IP_FIELD_DESTINATION_PORT,
    FRAGMENT_FIELDS = IP_FIELD_FLAGS | IP_FIELD_IDENTIFICATION, /* of a fragment header */
};

/* In network byte order. */
void put_u16(uint8_t *at, uint32_t number);
void put_u32(uint8_t *at, uint32_t number);

/*
 * What holds for every packet whatever its bytes: an absent value is 0, what is present was
 * captured, and the extension walk moves forward inside datagram and capture.
 */
void check_invariants(const char *row, const struct ip_packet *p);

/* Decodes bytes whose version is 4 or 6, and checks the invariants. */
struct ip_packet decode(const char *row, const uint8_t *bytes, uint32_t captured, uint32_t wire);

/* A field and the captured length from which on it is there. */
struct field_end {
    enum ip_field field;
    uint32_t end;
};

/* Those of the fields that are there when so many bytes were captured, as bits of enum ip_field. */
uint32_t fields_within(const struct field_end *fields, size_t count, uint32_t captured);

/* A copy of its own size, so that a sanitizer reports a read behind it. Release with free. */
uint8_t *prefix_of(const uint8_t *bytes, uint32_t length);

/* How many extension headers the walk finds. */
unsigned count_extensions(const struct ip_packet *p);

enum { IPV4_PACKET_LENGTH = 32 };
extern const uint8_t ipv4_packet[IPV4_PACKET_LENGTH];

/* Bytes 0x01, 0x02, 0x03, ... behind a header that the caller fills in. */
void make_ipv4(uint8_t *bytes, uint8_t ihl, uint32_t total_length, uint32_t flags_offset,
               uint8_t protocol);

/* An IPv6 packet that is made header by header. */
struct builder {
    uint8_t bytes[BUFFER];
    uint32_t length;
    uint32_t name_offset; /* of the byte that names what is added next */
};

void begin_ipv6(struct builder *b);

/* Sets the payload length. */
void end_ipv6(struct builder *b);

/* An extension header of `length` bytes, zeros behind its length byte (Pad1 options, offset 0). */
uint8_t *add_extension(struct builder *b, uint8_t type, uint32_t length);

void add_transport(struct builder *b, uint8_t protocol, uint32_t length);

/* A chain of extension headers. */
struct chain {
    const char *name;
    struct {
        uint8_t type;
        uint32_t length;
    } headers[8]; /* ends with length 0 */
    uint8_t protocol;
};

enum { CHAINS = 16 };
extern const struct chain chains[CHAINS];

/* transport: bytes behind the chain. */
void build_chain(struct builder *b, const struct chain *chain, uint32_t transport);

/* The walk finds the headers of the chain and no more. */
void check_walk(const struct chain *chain, const struct ip_packet *p);

/* A datagram of payload length 0 whose hop-by-hop header is `options` long and holds them. */
void build_jumbo(struct builder *b, const uint8_t *options, uint32_t length);

/* Hop-by-hop at 40, routing at 48, first fragment at 56, destination options at 64, UDP at 72. */
void build_cut_chain(struct builder *b);

#endif
