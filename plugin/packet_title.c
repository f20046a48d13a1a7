/*
 * Addresses, endpoints and the details of a header as text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet_title.h"

#include <string.h>

#include <epan/ipproto.h>
#include <wsutil/utf8_entities.h>

#include "ip_names.h"

void packet_address(const struct ip_packet *packet, enum ip_field field, uint32_t offset,
                    char text[PACKET_ADDRESS_SIZE])
{
    text[0] = '\0';
    if (ip_packet_has(packet, field))
        ip_address_text(packet->version, packet->bytes + offset, text);
}

void packet_line_append(struct packet_line *title, const char *text)
{
    const size_t room = sizeof title->text - 1 - title->length;
    const size_t length = MIN(strlen(text), room);

    memcpy(title->text + title->length, text, length);
    title->length += length;
    title->text[title->length] = '\0';
}

static void append_decimal(struct packet_line *title, uint32_t number)
{
    char digits[sizeof "4294967295"] = "";
    size_t first = sizeof digits - 1;

    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    packet_line_append(title, digits + first);
}

static void append_endpoint(struct packet_line *title, const struct ip_packet *packet,
                            const char *address, enum ip_field port_field, uint16_t port)
{
    const bool has_port = ip_packet_has(packet, port_field);
    const bool brackets = has_port && packet->version == 6; /* RFC 5952 section 6 */

    if (brackets)
        packet_line_append(title, "[");
    packet_line_append(title, *address != '\0' ? address : "?");
    if (!has_port)
        return;
    packet_line_append(title, brackets ? "]:" : ":");
    append_decimal(title, port);
}

void packet_title_endpoints(struct packet_line *title, const struct ip_packet *packet,
                            const struct packet_endpoints *endpoints)
{
    append_endpoint(title, packet, endpoints->source, IP_FIELD_SOURCE_PORT, packet->source_port);
    packet_line_append(title, " " UTF8_RIGHTWARDS_ARROW " ");
    append_endpoint(title, packet, endpoints->destination, IP_FIELD_DESTINATION_PORT,
                    packet->destination_port);
}

static void append_part(struct packet_line *title, const char *text)
{
    if (title->length != 0)
        packet_line_append(title, ", ");
    packet_line_append(title, text);
}

static void append_number(struct packet_line *title, const char *text, uint32_t number)
{
    append_part(title, text);
    packet_line_append(title, " ");
    append_decimal(title, number);
}

/* To make the text takes longer than the rest of a title, so each is made once. */
static const char *tos_title(uint8_t tos)
{
    static char titles[UINT8_MAX + 1][TOS_TITLE_SIZE];

    if (titles[tos][0] == '\0')
        ip_tos_title(titles[tos], tos);
    return titles[tos];
}

void packet_title_details(struct packet_line *title, const struct ip_packet *packet)
{
    if (ip_packet_has(packet, IP_FIELD_PROTOCOL))
        append_part(title, ipprotostr(packet->protocol));
    if (ip_packet_has(packet, IP_FIELD_TYPE_OF_SERVICE))
        append_part(title, tos_title(packet->type_of_service));
    if (packet->more_fragments)
        append_number(title, "fragment at", packet->fragment_offset);
    else if (packet->fragment_offset != 0)
        append_number(title, "last fragment at", packet->fragment_offset);
    if (ip_packet_has(packet, IP_FIELD_TIME_TO_LIVE))
        append_number(title, "TTL", packet->time_to_live);
    if (packet->extent == IP_HEADER_CUT)
        append_part(title, "header not captured whole");
    else if (packet->extent != IP_HEADER_WHOLE)
        append_part(title, "broken header");
}
