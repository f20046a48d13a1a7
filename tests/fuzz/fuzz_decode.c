/*
 * The decoder, its checksums, the rules of network events and those of socket errors on any bytes:
 * nothing is read outside them, every offset that is returned lies within them, and a packet cut by
 * the snapshot length has no event that the whole one does not have.
 * Input: 4 bytes of choices what is known, 2 bytes how many more were on the wire, 2 bytes where to
 * cut, the packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <errno.h>

#include "found_events.h"
#include "ip_checksum.h"
#include "network_event.h"
#include "packet_error.h"
#include "type_of_service.h"

enum {
    EXTENSIONS_MAX = 1 << 16, /* each takes at least 8 bytes: more are an endless walk */
};

/* What is known beside the packet. */
struct known {
    bool version_refused;
    struct network_event_context events;
    struct packet_error_context errors;
};

/* One of `count` values, taken from what is left of the choices. */
static unsigned choose(uint64_t *choices, unsigned count)
{
    const unsigned choice = (unsigned)(*choices % count);

    *choices /= count;
    return choice;
}

static bool choose_bool(uint64_t *choices)
{
    return choose(choices, 2) != 0;
}

static enum network_known choose_known(uint64_t *choices)
{
    return (enum network_known)choose(choices, NETWORK_YES + 1);
}

/*
 * Without the names of members: the compiler then warns of one that is missing, such as one that is
 * added to a structure later.
 */
static struct known known_of(uint64_t choices)
{
    static const uint8_t timeouts[] = {0, EHOSTUNREACH, ENETUNREACH, ECONNREFUSED};
    const bool version_refused = choose_bool(&choices);
    const uint8_t expected_version = (uint8_t[]){0, 4, 6}[choose(&choices, 3)];
    const enum network_known outgoing = choose_known(&choices);
    const enum network_known loopback = choose_known(&choices);
    const enum network_known group_addressed = choose_known(&choices);
    const enum network_known to_this_host = choose_known(&choices);
    const enum network_known given_up = choose_known(&choices);
    const enum network_known traceroute = choose_known(&choices);
    const bool header_checksum_due = choose_bool(&choices);
    const bool verify_checksums = !choose_bool(&choices);
    const struct connection_verdict verdict = {SITUATION_UNKNOWN, choose_bool(&choices),
                                               timeouts[choose(&choices, 4)]};
    const bool carrier_discarded = choose_bool(&choices);
    const bool sums_left_to_card = choose_bool(&choices);
    const struct tcp_signs signs = {(uint32_t)choose(&choices, 9999),
                                    (uint8_t)choose(&choices, 256), choose_bool(&choices)};

    return (struct known){
        version_refused,
        {expected_version, outgoing, loopback, group_addressed, to_this_host, given_up, traceroute,
         header_checksum_due, verify_checksums},
        {verdict, signs, outgoing, loopback, traceroute == NETWORK_YES, header_checksum_due,
         carrier_discarded, sums_left_to_card},
    };
}

static void check_addresses(const struct ip_packet *packet)
{
    uint32_t length = packet->version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;

    if (ip_packet_has(packet, IP_FIELD_SOURCE))
        FUZZ_CHECK(packet->source_offset + length <= packet->captured_length);
    if (ip_packet_has(packet, IP_FIELD_DESTINATION))
        FUZZ_CHECK(packet->destination_offset + length <= packet->captured_length);
    if (ip_packet_has(packet, IP_FIELD_PROTOCOL))
        FUZZ_CHECK(packet->protocol_offset < packet->captured_length);
}

static void check_payload(const struct ip_packet *packet)
{
    FUZZ_CHECK(packet->datagram_end <= packet->wire_length);
    if (!ip_packet_has(packet, IP_FIELD_PAYLOAD))
        return;
    FUZZ_CHECK(packet->payload_captured <= packet->payload_length);
    FUZZ_CHECK(packet->payload_captured == 0 ||
               (uint64_t)packet->payload_offset + packet->payload_captured <=
                   packet->captured_length);
    FUZZ_CHECK((uint64_t)packet->payload_offset + packet->payload_length <= packet->wire_length);
}

static void check_extensions(const struct ip_packet *packet)
{
    struct ip_extension extension = {0};
    uint32_t count = 0;
    uint32_t end = 0;

    while (ip_packet_next_extension(packet, &extension)) {
        FUZZ_CHECK(++count < EXTENSIONS_MAX);
        FUZZ_CHECK(extension.offset >= end);
        FUZZ_CHECK(extension.offset + 2 <= packet->captured_length);
        FUZZ_CHECK(extension.length > 0);
        ip_extension_name(extension.type);
        end = extension.offset + 1;
    }
}

static void check_checksums(const struct ip_packet *packet)
{
    if (packet->version == 4) {
        ip_checksum_header(packet, false);
        ip_checksum_header(packet, true);
        if (packet->extent == IP_HEADER_WHOLE)
            ip_checksum_header_expected(packet);
    }
    FUZZ_CHECK(ip_checksum_message(packet) <= IP_CHECKSUM_OFFLOADED);
}

static void check_socket(const struct ip_packet *packet, const struct packet_error_socket *socket)
{
    const uint32_t length = socket->version == 4 ? IPV4_ADDRESS_LENGTH : IPV6_ADDRESS_LENGTH;

    FUZZ_CHECK(socket->local >= packet->bytes && socket->remote >= packet->bytes);
    FUZZ_CHECK(socket->local + length <= packet->bytes + packet->captured_length);
    FUZZ_CHECK(socket->remote + length <= packet->bytes + packet->captured_length);
}

static void check_quote(const struct ip_packet *packet)
{
    struct packet_error_socket socket;
    struct tcp_quote quote;

    if (!packet_error_read_quote(&socket, &quote, packet))
        return;
    FUZZ_CHECK(socket.known && socket.protocol == IP_PROTOCOL_TCP);
    check_socket(packet, &socket);
}

static void check_error(const struct ip_packet *packet, enum connection_situation situation,
                        struct packet_error_context context)
{
    const bool discarded =
        context.carrier_discarded ||
        (packet->version == 4 && packet->extent == IP_HEADER_WHOLE &&
         ip_checksum_header(packet, context.header_checksum_due) == IP_CHECKSUM_BAD) ||
        (!context.sums_left_to_card && ip_checksum_message(packet) == IP_CHECKSUM_BAD);
    struct packet_error error;

    context.connection.situation = situation;
    if (!packet_error_find(&error, packet, &context))
        return;
    FUZZ_CHECK(error.ignored || !discarded || situation == SITUATION_UNANSWERED ||
               situation == SITUATION_UNACKNOWLEDGED);
    FUZZ_CHECK(error.length > 0);
    FUZZ_CHECK((uint64_t)error.offset + error.length <= packet->captured_length);
    if (error.socket.known)
        check_socket(packet, &error.socket);
    FUZZ_CHECK(error.ignored || (error.text && error.reported_to && error.hint));
    FUZZ_CHECK((error.errno_name == NULL) == (error.errno_value == 0));
}

static size_t find(const struct ip_packet *packet, const struct network_event_context *context,
                   struct network_event_found *found)
{
    size_t count = network_events_find(packet, context, found);

    FUZZ_CHECK(!found_events_fault(found, count, packet->captured_length));
    return count;
}

/* Decodes what was captured; returns the number of its events. */
static size_t examine(const uint8_t *bytes, uint32_t captured, uint32_t wire,
                      const struct known *known, struct network_event_found *found)
{
    uint8_t *copy = fuzz_copy(bytes, captured);
    struct ip_packet packet;
    size_t count;

    ip_packet_decode(&packet, copy, captured, wire);
    if (known->version_refused)
        ip_packet_refuse_version(&packet);
    check_addresses(&packet);
    check_payload(&packet);
    check_extensions(&packet);
    check_checksums(&packet);
    for (unsigned situation = 0; situation <= SITUATION_FIRST_FIN; situation++)
        check_error(&packet, (enum connection_situation)situation, known->errors);
    check_quote(&packet);
    tos_precedence_name(packet.type_of_service);
    tos_dscp_name(packet.type_of_service >> 2);
    tos_ecn_name(packet.type_of_service);
    count = find(&packet, &known->events, found);
    free(copy);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const struct known known = known_of(fuzz_number(&input, 4));
    uint32_t more = (uint32_t)fuzz_number(&input, 2);
    uint32_t cut = (uint32_t)fuzz_number(&input, 2);
    uint32_t length = (uint32_t)input.left;
    struct network_event_found whole[EVENT_RAISED];
    struct network_event_found found[EVENT_RAISED];
    size_t whole_count;
    size_t count;

    examine(input.data, length, length + more, &known, whole);
    whole_count = examine(input.data, length, length, &known, whole);
    count = examine(input.data, cut % (length + 1), length, &known, found);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(found_events_contain(whole, whole_count, found[i].id));
    return 0;
}
