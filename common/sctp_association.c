/*
 * Updates the state of an SCTP association by the chunks of its packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sctp_association.h"

#include "bytes.h"

enum {
    COMMON_HEADER = 12, /* bytes: ports, verification tag, checksum */
    TAG_FIELD = 4,
    CHUNK_HEADER = 4, /* bytes: type, flags, length */
    INITIATE_TAG_FIELD = 4,

    CHUNK_INIT = 1, /* RFC 9260 section 3.2 */
    CHUNK_INIT_ACK = 2,
    CHUNK_ABORT = 6,
    CHUNK_ERROR = 9,
    CHUNK_COOKIE_ECHO = 10,
    CHUNK_SHUTDOWN_COMPLETE = 14,
    FLAG_T = 1, /* of an ABORT: it has the tag of the packet that it answers */
};

/* Offset in the payload of the chunk behind that at `offset`; 0: no other was captured. */
static uint32_t next_chunk(const struct ip_packet *packet, uint32_t offset)
{
    const uint8_t *bytes = packet->bytes + packet->payload_offset;
    const uint32_t captured = packet->payload_captured;
    uint32_t length;

    if (offset == 0)
        return captured >= COMMON_HEADER + CHUNK_HEADER ? COMMON_HEADER : 0;
    length = bytes_u16(bytes + offset + 2);
    if (length < CHUNK_HEADER || (length + 3) / 4 * 4 > captured - offset)
        return 0;
    offset += (length + 3) / 4 * 4;
    return captured - offset >= CHUNK_HEADER ? offset : 0;
}

static bool has_chunks(const struct ip_packet *packet)
{
    return packet->protocol == IP_PROTOCOL_SCTP && ip_packet_has(packet, IP_FIELD_PAYLOAD) &&
           packet->extent == IP_HEADER_WHOLE && !packet->later_fragment;
}

uint32_t sctp_abort_offset(const struct ip_packet *packet)
{
    const uint8_t *bytes = packet->bytes + packet->payload_offset;
    uint32_t offset = 0;

    if (!has_chunks(packet))
        return 0;
    while ((offset = next_chunk(packet, offset)) != 0)
        if (bytes[offset] == CHUNK_ABORT)
            return offset;
    return 0;
}

/* Records the tag that a side chose, from its INIT or INIT ACK. */
static void note_tag(uint32_t *tags, bool *tagged, unsigned side, const struct ip_packet *packet,
                     uint32_t offset)
{
    if (packet->payload_captured - offset < INITIATE_TAG_FIELD + sizeof(uint32_t))
        return;
    tags[side] = bytes_u32(packet->bytes + packet->payload_offset + offset + INITIATE_TAG_FIELD);
    tagged[side] = true;
}

static void process_init(struct sctp_association *association, unsigned side,
                         const struct ip_packet *packet, uint32_t offset)
{
    if (association->dead)
        *association = (struct sctp_association){0};
    if (association->up) {
        association->new_tagged[!side] = false;
        note_tag(association->new_tags, association->new_tagged, side, packet, offset);
        return;
    }
    association->tagged[!side] &= association->opening[!side]; /* both sent an INIT */
    association->opening[side] = true;
    note_tag(association->tags, association->tagged, side, packet, offset);
}

static void process_init_ack(struct sctp_association *association, unsigned side,
                             const struct ip_packet *packet, uint32_t offset)
{
    if (association->new_tagged[!side])
        note_tag(association->new_tags, association->new_tagged, side, packet, offset);
    else if (!association->up)
        note_tag(association->tags, association->tagged, side, packet, offset);
}

/* The association begins, or restarts. The packet has the tag of the INIT ACK before it. */
static void process_cookie_echo(struct sctp_association *association, unsigned side,
                                const struct ip_packet *packet)
{
    if (association->new_tagged[side])
        *association = (struct sctp_association){
            .tags = {association->new_tags[0], association->new_tags[1]},
            .tagged = {association->new_tagged[0], association->new_tagged[1]},
        };
    association->opening[side] = true;
    if (!association->tagged[!side]) {
        association->tags[!side] = bytes_u32(packet->bytes + packet->payload_offset + TAG_FIELD);
        association->tagged[!side] = true;
    }
}

static void process_chunk(struct sctp_association *association, unsigned side,
                          const struct ip_packet *packet, uint32_t offset)
{
    switch (packet->bytes[packet->payload_offset + offset]) {
    case CHUNK_INIT:
        process_init(association, side, packet, offset);
        break;
    case CHUNK_INIT_ACK:
        process_init_ack(association, side, packet, offset);
        break;
    case CHUNK_COOKIE_ECHO:
        process_cookie_echo(association, side, packet);
        break;
    case CHUNK_ERROR:
        break;
    case CHUNK_SHUTDOWN_COMPLETE:
        association->shut = association->up;
        break;
    default: /* COOKIE ACK, DATA and all others are sent only when it is up */
        association->opening[0] = false;
        association->opening[1] = false;
        association->up = true;
        break;
    }
}

/* Whether a side sent an INIT and has not received a tag. */
static bool awaits_tag(const struct sctp_association *association, unsigned side)
{
    return association->opening[side] && association->tagged[side] && !association->up &&
           !association->tagged[!side];
}

/*
 * RFC 9260 section 8.5.1 (B): the receiver's own tag, or with the T bit that of the sender, if the
 * receiver knows it.
 */
static struct connection_verdict abort_verdict(const struct sctp_association *association,
                                               unsigned side, const struct ip_packet *packet,
                                               uint32_t offset)
{
    const uint8_t *bytes = packet->bytes + packet->payload_offset;
    const unsigned owner = bytes[offset + 1] & FLAG_T ? side : !side;
    const uint32_t tag = bytes_u32(bytes + TAG_FIELD);

    if (association->dead)
        return verdict_certain(SITUATION_DEAD);
    if (association->new_tagged[owner] && association->new_tags[owner] == tag)
        return verdict_likely(owner == side ? SITUATION_HALF_OPEN : SITUATION_CONNECTING);
    if ((association->tagged[owner] && association->tags[owner] != tag) ||
        (owner == side && awaits_tag(association, !side)))
        return verdict_certain(SITUATION_WRONG_TAG);
    if (!association->up && association->opening[!side])
        return verdict_likely(SITUATION_CONNECTING);
    if (!association->up && association->opening[side])
        return verdict_certain(SITUATION_HALF_OPEN);
    return verdict_likely(SITUATION_ESTABLISHED);
}

struct connection_verdict sctp_association_packet(struct sctp_association *association,
                                                  unsigned side, const struct ip_packet *packet)
{
    struct connection_verdict verdict = {.situation = SITUATION_UNKNOWN};
    const uint32_t abort = sctp_abort_offset(packet);

    if (!has_chunks(packet))
        return verdict;
    if (abort == 0) {
        for (uint32_t offset = 0; (offset = next_chunk(packet, offset)) != 0;)
            process_chunk(association, side, packet, offset);
        return verdict;
    }
    verdict = abort_verdict(association, side, packet, abort);
    if (verdict.situation == SITUATION_WRONG_TAG || association->dead)
        return verdict;
    association->dead = true;
    association->ended = (uint8_t)verdict.situation;
    association->ended_by = (uint8_t)side;
    return verdict;
}

static enum connection_end end_of(const struct sctp_association *association)
{
    if (association->shut)
        return CONNECTION_END_CLOSED;
    if (association->dead)
        return association->ended == SITUATION_CONNECTING ? CONNECTION_END_REFUSED
                                                          : CONNECTION_END_RESET;
    if (association->up)
        return CONNECTION_END_OPEN;
    if (association->tagged[0] && association->tagged[1])
        return CONNECTION_END_HALF_OPEN;
    return association->tagged[0] || association->tagged[1] ? CONNECTION_END_UNANSWERED
                                                            : CONNECTION_END_NONE;
}

struct connection_outcome sctp_outcome(const struct sctp_association *association)
{
    return (struct connection_outcome){
        .end = (uint8_t)end_of(association),
        .side = association->ended_by,
        .client = CONNECTION_SIDE_UNKNOWN,
        .likely = association->dead && !association->shut,
    };
}
