/*
 * What the shared decoder costs: nanoseconds for each packet, gigabytes of checksum a second beside
 * a plain read of the same bytes. Figures are the best of several rounds: on a shared machine the
 * others show what else was running.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ip_checksum.h"
#include "ip_packet.h"
#include "network_event.h"
#include "packet_error.h"

enum {
    PACKETS = 1024,    /* different ones, so that no branch is predicted from memory */
    PACKET_SIZE = 128, /* bytes */
    PASSES = 500,
    ROUNDS = 15,
};

static uint8_t packets[PACKETS][PACKET_SIZE];
static uint32_t random_state = 1;
static uint64_t sink; /* keeps the compiler from optimizing the work away */

static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void make_ipv4(uint8_t *bytes, uint8_t protocol)
{
    const uint8_t header[IPV4_HEADER_MIN] = {0x45, 0, 0, PACKET_SIZE, 0, 0, 0x40, 0, 64, protocol};
    uint16_t sum;

    for (size_t i = 0; i < PACKET_SIZE; i++)
        bytes[i] = (uint8_t)next_random();
    memcpy(bytes, header, 12);
    memcpy(bytes + 12, (uint8_t[]){10, bytes[13], 0, 1, 10, bytes[17], 0, 2}, 8);
    sum = (uint16_t)~ip_checksum_sum(bytes, IPV4_HEADER_MIN);
    bytes[10] = (uint8_t)(sum >> 8);
    bytes[11] = (uint8_t)sum;
}

static void make_ipv6(uint8_t *bytes, uint8_t protocol)
{
    const uint8_t header[8] = {0x60, 0, 0, 0, 0, PACKET_SIZE - IPV6_HEADER_LENGTH, protocol, 64};

    for (size_t i = 0; i < PACKET_SIZE; i++)
        bytes[i] = (uint8_t)next_random();
    memcpy(bytes, header, sizeof header);
    bytes[8] = bytes[24] = 0x20; /* global unicast addresses */
}

/* A clean packet has a right checksum. */
static void put_tcp_checksum(uint8_t *bytes)
{
    enum { LENGTH = PACKET_SIZE - IPV4_HEADER_MIN, FIELD = IPV4_HEADER_MIN + 16 };
    uint32_t sum;

    bytes[FIELD] = 0;
    bytes[FIELD + 1] = 0;
    sum = ip_checksum_sum(bytes + 12, 8) + ip_checksum_sum(bytes + IPV4_HEADER_MIN, LENGTH) +
          IP_PROTOCOL_TCP + LENGTH;
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    bytes[FIELD] = (uint8_t)(~sum >> 8);
    bytes[FIELD + 1] = (uint8_t)~sum;
}

static void make_ipv4_tcp(uint8_t *bytes)
{
    make_ipv4(bytes, IP_PROTOCOL_TCP);
    bytes[IPV4_HEADER_MIN + 12] = 0x50; /* 20 bytes of header */
    bytes[IPV4_HEADER_MIN + 13] = 0x10; /* ACK */
    put_tcp_checksum(bytes);
}

static void make_ipv6_udp(uint8_t *bytes)
{
    make_ipv6(bytes, IP_PROTOCOL_UDP);
    bytes[IPV6_HEADER_LENGTH + 4] = 0;
    bytes[IPV6_HEADER_LENGTH + 5] = PACKET_SIZE - IPV6_HEADER_LENGTH;
}

/* Hop-by-hop (router alert), destination options (tunnel limit), fragment header, then UDP. */
static void make_ipv6_chain(uint8_t *bytes)
{
    make_ipv6(bytes, IP_PROTOCOL_HOP_BY_HOP);
    memcpy(bytes + 40, (uint8_t[]){IP_PROTOCOL_DESTINATION_OPTIONS, 0, 5, 2, 0, 0, 1, 0}, 8);
    memcpy(bytes + 48, (uint8_t[]){IP_PROTOCOL_FRAGMENT, 0, 4, 1, 4, 1, 1, 0}, 8);
    memcpy(bytes + 56, (uint8_t[]){IP_PROTOCOL_UDP, 0, 0, 1, 0, 0, 0, 1}, 8);
    bytes[64 + 4] = 0;
    bytes[64 + 5] = PACKET_SIZE - 64;
}

static void make_mixed(uint8_t *bytes)
{
    static void (*const makers[])(uint8_t *) = {make_ipv4_tcp, make_ipv6_udp, make_ipv6_chain};

    makers[next_random() % 3](bytes);
}

/* One pass over all packets. */
static void decode_pass(void)
{
    struct ip_packet packet;

    for (size_t i = 0; i < PACKETS; i++) {
        ip_packet_decode(&packet, packets[i], PACKET_SIZE, PACKET_SIZE);
        sink += packet.payload_length + packet.source_port;
    }
}

static void checksum_pass(void)
{
    struct ip_packet packet;

    for (size_t i = 0; i < PACKETS; i++) {
        ip_packet_decode(&packet, packets[i], PACKET_SIZE, PACKET_SIZE);
        sink += packet.payload_length + ip_checksum_header(&packet, false);
    }
}

static void find_events(bool verify_checksums)
{
    const struct network_event_context context = {
        .outgoing = NETWORK_NO, .loopback = NETWORK_NO, .verify_checksums = verify_checksums};
    struct network_event_found found[EVENT_RAISED];
    struct ip_packet packet;

    for (size_t i = 0; i < PACKETS; i++) {
        ip_packet_decode(&packet, packets[i], PACKET_SIZE, PACKET_SIZE);
        sink += packet.payload_length + network_events_find(&packet, &context, found);
    }
}

static void events_pass(void)
{
    find_events(false);
}

static void verified_events_pass(void)
{
    find_events(true);
}

static void everything_pass(void)
{
    const struct network_event_context context = {.outgoing = NETWORK_NO, .loopback = NETWORK_NO};
    struct network_event_found found[EVENT_RAISED];
    struct packet_error error;
    struct ip_packet packet;

    for (size_t i = 0; i < PACKETS; i++) {
        ip_packet_decode(&packet, packets[i], PACKET_SIZE, PACKET_SIZE);
        sink += packet.payload_length + network_events_find(&packet, &context, found) +
                packet_error_find(&error, &packet, &(struct packet_error_context){0});
    }
}

/* Seconds of the quickest round. */
static double quickest(void (*pass)(void), unsigned passes)
{
    double best = 1e9;

    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now();

        for (unsigned i = 0; i < passes; i++)
            pass();
        start = now() - start;
        best = start < best ? start : best;
    }
    return best;
}

static void time_packets(const char *name, void (*make)(uint8_t *), void (*pass)(void))
{
    for (size_t i = 0; i < PACKETS; i++)
        make(packets[i]);
    printf("  %-44s %6.1f ns/packet\n", name,
           quickest(pass, PASSES) / ((double)PASSES * PACKETS) * 1e9);
}

static uint8_t *region;
static size_t region_size;

static void read_pass(void)
{
    uint64_t sums[4] = {0};

    for (size_t i = 0; i + 32 <= region_size; i += 32) {
        uint64_t words[4];

        memcpy(words, region + i, sizeof words);
        for (size_t j = 0; j < 4; j++)
            sums[j] += words[j];
    }
    sink += sums[0] + sums[1] + sums[2] + sums[3];
}

static void sum_pass(void)
{
    sink += ip_checksum_sum(region, region_size);
}

static void time_region(size_t size, unsigned passes)
{
    double read;
    double sum;

    region_size = size;
    read = quickest(read_pass, passes);
    sum = quickest(sum_pass, passes);
    printf("  %9zu bytes: checksum %6.1f GB/s, plain read %6.1f GB/s, ratio %.2f\n", size,
           (double)size * passes / sum / 1e9, (double)size * passes / read / 1e9, sum / read);
}

int main(void)
{
    enum { LARGE = 64 * 1024 * 1024 };

    printf("ip_packet_decode, packets of %d bytes\n", PACKET_SIZE);
    time_packets("IPv4 TCP", make_ipv4_tcp, decode_pass);
    time_packets("IPv6 UDP", make_ipv6_udp, decode_pass);
    time_packets("IPv6, three extension headers, UDP", make_ipv6_chain, decode_pass);
    time_packets("all three in random order", make_mixed, decode_pass);
    time_packets("IPv4 TCP with its header checksum", make_ipv4_tcp, checksum_pass);

    printf("ip_packet_decode and network_events_find, the IPv4 header checksum verified\n");
    time_packets("IPv4 TCP", make_ipv4_tcp, events_pass);
    time_packets("IPv6 UDP", make_ipv6_udp, events_pass);
    time_packets("IPv6, three extension headers, UDP", make_ipv6_chain, events_pass);
    time_packets("IPv4 TCP, TCP checksum verified", make_ipv4_tcp, verified_events_pass);

    printf("and packet_error_find\n");
    time_packets("IPv4 TCP", make_ipv4_tcp, everything_pass);
    time_packets("IPv6 UDP", make_ipv6_udp, everything_pass);

    printf("ip_checksum_sum\n");
    region = malloc(LARGE);
    if (!region)
        return 1;
    for (size_t i = 0; i < LARGE; i++)
        region[i] = (uint8_t)next_random();
    time_region(64, 2000000);
    time_region(1460, 200000);
    time_region(65515, 5000);
    time_region(LARGE, 3);
    free(region);
    return sink == 0;
}
