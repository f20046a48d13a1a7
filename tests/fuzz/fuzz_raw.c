/*
 * Packets of raw sockets with anything beside them: what is rebuilt lies within the buffer, and the
 * decoder finds in it the protocol and the payload that came.
 * Input: 1 byte what is received, 1 byte the protocol, 2 bytes its length, control messages (1 byte
 * kind, 2 bytes length, bytes), after a kind of 255 the payload.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "ip_packet.h"
#include "raw_packet.h"

enum {
    IPV6_FIXED = 40, /* bytes of a header without extensions */
    PIECE_MAX = 2048,
    PAYLOAD_FOLLOWS = 255,
    OF_IPV4 = 1, /* bits of what is received */
    JUST_GONE = 2,
};

static const struct {
    int level;
    int type;
} kinds[] = {
    {SOL_SOCKET, SCM_TIMESTAMPNS},     {SOL_SOCKET, SO_RXQ_OVFL},
    {IPPROTO_IP, IP_PKTINFO},          {IPPROTO_IPV6, IPV6_PKTINFO},
    {IPPROTO_IPV6, IPV6_HOPLIMIT},     {IPPROTO_IPV6, IPV6_TCLASS},
    {IPPROTO_IPV6, RAW_IPV6_FLOWINFO}, {IPPROTO_IPV6, IPV6_HOPOPTS},
    {IPPROTO_IPV6, IPV6_RTHDR},        {IPPROTO_IPV6, IPV6_DSTOPTS},
    {IPPROTO_IPV6, IPV6_2292HOPOPTS},  {SOL_SOCKET, SCM_RIGHTS},
};

/* What the next call of recvmsg receives. */
static struct {
    struct fuzz_input pieces;
    bool gone; /* nothing is there any more */
    uint32_t length;
} waiting;

ssize_t __wrap_recvmsg(int descriptor, struct msghdr *message, int flags);

/* As the kernel's put_cmsg: what does not fit is cut. Returns the bytes used. */
static size_t put_piece(struct msghdr *message, size_t used, int level, int type, size_t length)
{
    struct cmsghdr header = {.cmsg_level = level, .cmsg_type = type};
    size_t room = message->msg_controllen - used;
    uint8_t *at = (uint8_t *)message->msg_control + used;

    if (room < sizeof header) {
        message->msg_flags |= MSG_CTRUNC;
        return used;
    }
    header.cmsg_len = CMSG_LEN(length);
    if (header.cmsg_len > room) {
        message->msg_flags |= MSG_CTRUNC;
        header.cmsg_len = room;
    }
    memcpy(at, &header, sizeof header);
    for (size_t i = sizeof header; i < header.cmsg_len; i++)
        at[i] = (uint8_t)fuzz_number(&waiting.pieces, 1);
    return used + (CMSG_SPACE(length) < room ? CMSG_SPACE(length) : room);
}

/* The kernel's part. */
ssize_t __wrap_recvmsg(int descriptor, struct msghdr *message, int flags)
{
    struct iovec *payload = message->msg_iov;
    size_t used = 0;
    uint8_t kind;

    (void)descriptor;
    FUZZ_CHECK((flags & MSG_TRUNC) && (flags & MSG_DONTWAIT) && message->msg_iovlen == 1);
    if (waiting.gone)
        return -1;
    memset(message->msg_name, 0xA5, message->msg_namelen);
    while (waiting.pieces.left != 0 &&
           (kind = (uint8_t)fuzz_number(&waiting.pieces, 1)) != PAYLOAD_FOLLOWS) {
        size_t length = fuzz_number(&waiting.pieces, 2) % (PIECE_MAX + 1);
        size_t row = kind % (sizeof kinds / sizeof *kinds);

        used = put_piece(message, used, kinds[row].level, kinds[row].type, length);
    }
    message->msg_controllen = used;
    for (size_t i = 0; i < waiting.length && i < payload->iov_len; i++)
        ((uint8_t *)payload->iov_base)[i] = (uint8_t)fuzz_number(&waiting.pieces, 1);
    return (ssize_t)waiting.length;
}

/* An extension header that came as payload is the decoder's to follow, and may be damaged. */
static void check_rebuilt(const struct raw_packet *received, uint8_t protocol)
{
    struct ip_packet packet;
    uint8_t *copy = fuzz_copy(received->bytes, received->captured_length);

    FUZZ_CHECK(received->wire_length >= IPV6_FIXED + waiting.length);
    ip_packet_decode(&packet, copy, received->captured_length, received->wire_length);
    FUZZ_CHECK(packet.version == 6);
    if (!ip_extension_name(protocol) && received->wire_length - IPV6_FIXED <= UINT16_MAX) {
        FUZZ_CHECK(packet.extent == IP_HEADER_WHOLE && packet.protocol == protocol);
        FUZZ_CHECK(packet.header_length == received->wire_length - waiting.length);
        FUZZ_CHECK(packet.payload_length == waiting.length);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t what = (uint8_t)fuzz_number(&input, 1);
    uint8_t protocol = (uint8_t)fuzz_number(&input, 1);
    int family = (what & OF_IPV4) ? AF_INET : AF_INET6;
    uint8_t *buffer = malloc(RAW_PACKET_MAX);
    struct raw_packet received;

    FUZZ_CHECK(buffer);
    waiting.gone = (what & JUST_GONE) != 0;
    waiting.length = (uint32_t)fuzz_number(&input, 2);
    waiting.pieces = input;
    if (raw_packet_receive(&received, 0, family, protocol, buffer)) {
        FUZZ_CHECK(received.bytes >= buffer && received.captured_length <= received.wire_length);
        FUZZ_CHECK(received.bytes + received.captured_length <= buffer + RAW_PACKET_MAX);
        if (family == AF_INET6)
            check_rebuilt(&received, protocol);
    }
    free(buffer);
    return 0;
}
