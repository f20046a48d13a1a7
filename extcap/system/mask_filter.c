/*
 * Capture filters name addresses in more ways than other texts: as plain numbers, and as numbers
 * that the bytes of a packet are compared with. A filter is read word by word; the meaning of a
 * number follows from the qualifier before it (host, port, len, ...) or from the bytes of the
 * header that it is compared with. A number whose meaning is unknown is taken for an address.
 * Source: pcap-filter(7), and the scanner and grammar of libpcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mask.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LARGEST_NUMBER = 0xFFFFFF, /* of a port, length, VLAN, ...; all addresses but few are above */
    HEX_DIGITS_MAX = 8,        /* of an IPv4 address */
    HEX_DIGITS_HOST = 2,       /* of these, behind the first 24 bits */
    HEX_DIGITS_MIN = 5,
    MAC_GROUPS = 6,
    MAC_DIGITS = 12,
};

enum meaning { MEANS_ADDRESS, MEANS_NETWORK, MEANS_NUMBER, MEANS_LENGTH };

struct reading {
    const char *at;
    char *copy;
    size_t size;
    size_t used;
    enum meaning meaning; /* of the next number, outside of a comparison */
    bool compared;        /* the bytes of a packet were named, and no "and" or "or" followed */
    bool hidden;          /* they may be the host part of an address */
    bool ipv4;            /* they are from an IPv4 header */
};

static void put(struct reading *reading, const char *text, size_t length)
{
    for (size_t i = 0; i < length && reading->used < reading->size - 1; i++)
        reading->copy[reading->used++] = text[i];
}

/* Takes so many characters of the filter as they are. */
static void keep(struct reading *reading, size_t length)
{
    put(reading, reading->at, length);
    reading->at += length;
}

/* Takes so many characters, of which the first `kept` stay, and an x is put for the rest. */
static void hide(struct reading *reading, size_t length, size_t kept)
{
    put(reading, reading->at, kept);
    put(reading, "x", 1);
    reading->at += length;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

static void qualify(struct reading *reading, const char *word, size_t length)
{
    static const struct {
        const char *word;
        enum meaning meaning;
    } rows[] = {{"host", MEANS_ADDRESS},     {"src", MEANS_ADDRESS},   {"dst", MEANS_ADDRESS},
                {"gateway", MEANS_ADDRESS},  {"mask", MEANS_ADDRESS},  {"ether", MEANS_ADDRESS},
                {"link", MEANS_ADDRESS},     {"ip", MEANS_ADDRESS},    {"ip6", MEANS_ADDRESS},
                {"arp", MEANS_ADDRESS},      {"rarp", MEANS_ADDRESS},  {"wlan", MEANS_ADDRESS},
                {"net", MEANS_NETWORK},      {"port", MEANS_NUMBER},   {"portrange", MEANS_NUMBER},
                {"proto", MEANS_NUMBER},     {"vlan", MEANS_NUMBER},   {"protochain", MEANS_NUMBER},
                {"mpls", MEANS_NUMBER},      {"pppoes", MEANS_NUMBER}, {"geneve", MEANS_NUMBER},
                {"vxlan", MEANS_NUMBER},     {"type", MEANS_NUMBER},   {"subtype", MEANS_NUMBER},
                {"direction", MEANS_NUMBER}, {"dir", MEANS_NUMBER},    {"vpi", MEANS_NUMBER},
                {"vci", MEANS_NUMBER},       {"len", MEANS_LENGTH},    {"length", MEANS_LENGTH},
                {"less", MEANS_LENGTH},      {"greater", MEANS_LENGTH}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_word(word, length, rows[i].word))
            reading->meaning = rows[i].meaning;
}

static void end_comparison(struct reading *reading)
{
    reading->compared = reading->hidden = reading->ipv4 = false;
    if (reading->meaning == MEANS_LENGTH)
        reading->meaning = MEANS_ADDRESS;
}

/* The bytes of headers that are no host part of an address. */
static bool is_open(const char *protocol, size_t length, unsigned long first, unsigned long end)
{
    static const struct {
        const char *protocol;
        unsigned long first;
        unsigned long end;
    } rows[] = {{"ip", 0, 15},   {"ip", 16, 19},   {"ip6", 0, 16},    {"ip6", 24, 32},
                {"ether", 0, 3}, {"ether", 6, 9},  {"ether", 12, 14}, {"link", 0, 3},
                {"link", 6, 9},  {"link", 12, 14}, {"tcp", 0, 20},    {"udp", 0, 8},
                {"sctp", 0, 12}, {"icmp", 0, 4},   {"icmp6", 0, 4},   {"arp", 0, 8},
                {"rarp", 0, 8}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_word(protocol, length, rows[i].protocol) && first >= rows[i].first &&
            end <= rows[i].end)
            return true;
    return false;
}

/* Whether what stands in brackets is the name of a field: tcpflags, icmptype, icmp6code, ... */
static bool is_field(const char *inner, size_t length)
{
    return strspn(inner, "abcdefghijklmnopqrstuvwxyz6") == length &&
           (strncmp(inner, "tcp", 3) == 0 || strncmp(inner, "icmp", 4) == 0);
}

/* Characters up to the bracket that belongs to the one at the front. */
static size_t bracket_length(const char *text)
{
    size_t length = 0;
    unsigned depth = 0;

    do {
        depth += text[length] == '[';
        depth -= text[length] == ']';
        length++;
    } while (depth != 0 && text[length] != '\0');
    return length;
}

/* proto [ expr : size ], of which the protocol is taken already. */
static void take_bytes(struct reading *reading, const char *protocol, size_t protocol_length)
{
    const size_t length = bracket_length(reading->at);
    const char *inner = reading->at + 1 + strspn(reading->at + 1, " ");
    char *end;
    const unsigned long first = strtoul(inner, &end, 0);
    unsigned long size = 1;
    bool numeric = end != inner;

    end += strspn(end, " ");
    if (*end == ':')
        size = strtoul(end + 1, &end, 0);
    end += strspn(end, " ");
    numeric = numeric && *end == ']' && size <= 4;
    reading->compared = true;
    reading->ipv4 = is_word(protocol, protocol_length, "ip");
    if (!(numeric && is_open(protocol, protocol_length, first, first + size)) &&
        !is_field(inner, strcspn(inner, " ]")))
        reading->hidden = true;
    keep(reading, length);
}

static bool is_boolean(const char *text)
{
    return strncmp(text, "&&", 2) == 0 || strncmp(text, "||", 2) == 0;
}

/* Whether an operator of arithmetic or comparison follows; that of a range of ports is none. */
static bool is_operand(const struct reading *reading, size_t length)
{
    const char *next = reading->at + length;

    next += strspn(next, " ");
    if (is_boolean(next) || (*next == '-' && reading->meaning == MEANS_NUMBER))
        return false;
    return *next != '\0' && strchr("=<>!&|+-*/%^", *next) != NULL;
}

static bool is_harmless(const struct reading *reading, size_t length, unsigned long long number)
{
    if (reading->compared)
        return !reading->hidden;
    switch (reading->meaning) {
    case MEANS_ADDRESS:
        return false;
    case MEANS_NUMBER:
        return number <= LARGEST_NUMBER && !is_operand(reading, length);
    case MEANS_NETWORK: /* 10 is 10.0.0.0 */
    case MEANS_LENGTH:
        return number <= LARGEST_NUMBER;
    }
    return false;
}

static void take_number(struct reading *reading, size_t length)
{
    const bool hexadecimal = length > 2 && tolower((unsigned char)reading->at[1]) == 'x';
    const size_t digits = hexadecimal ? length - 2 : 0;

    if (is_harmless(reading, length, strtoull(reading->at, NULL, 0)))
        keep(reading, length);
    else if (digits >= HEX_DIGITS_MIN && digits <= HEX_DIGITS_MAX &&
             (reading->ipv4 || !reading->compared))
        hide(reading, length, length - HEX_DIGITS_HOST);
    else
        hide(reading, length, 0);
}

/* Groups of hexadecimal digits between separators; 0: there is something else. */
static size_t count_groups(const char *word, size_t length, char separator, size_t *longest)
{
    size_t groups = 1;
    size_t digits = 0;

    *longest = 0;
    for (size_t i = 0; i < length; i++) {
        if (word[i] != separator && !isxdigit((unsigned char)word[i]))
            return 0;
        groups += word[i] == separator;
        digits = word[i] == separator ? 0 : digits + 1;
        *longest = digits > *longest ? digits : *longest;
    }
    return groups;
}

/* An address of the link layer other than with colons, which mask_text finds. */
static bool is_hardware_address(const char *word, size_t length)
{
    const bool letters = strcspn(word, "abcdefABCDEF") < length;
    size_t longest;

    if (count_groups(word, length, '-', &longest) == MAC_GROUPS ||
        count_groups(word, length, '.', &longest) == MAC_GROUPS)
        return true;
    if (count_groups(word, length, '.', &longest) == 3 && longest <= 4)
        return letters || longest == 4;
    return length == MAC_DIGITS && longest == MAC_DIGITS;
}

/* Four numbers of which not all are decimal, which mask_text does not find. */
static bool is_odd_address(const char *word, size_t length)
{
    char copy[64];
    struct in_addr address;
    size_t dots = 0;

    for (size_t i = 0; i < length; i++)
        dots += word[i] == '.';
    snprintf(copy, sizeof copy, "%.*s", (int)length, word);
    return isdigit((unsigned char)word[0]) && dots == 3 && length < sizeof copy &&
           inet_pton(AF_INET, copy, &address) != 1;
}

static bool is_number(const char *word, size_t length)
{
    const bool hexadecimal = length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
    const char *const digits = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";

    return strspn(word + (hexadecimal ? 2 : 0), digits) >= length - (hexadecimal ? 2 : 0);
}

static size_t word_length(const char *text)
{
    static const char characters[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.:";
    size_t length = strspn(text, characters);
    size_t longer = length;

    while (length != 0 && text[longer] == '-')
        longer += 1 + strspn(text + longer + 1, characters);
    /* In a number it is an operator, or between the ends of a range. */
    return isdigit((unsigned char)text[0]) && !is_hardware_address(text, longer) ? length : longer;
}

static void take_word(struct reading *reading)
{
    const char *word = reading->at;
    const size_t length = word_length(word);
    const size_t blank = strspn(word + length, " ");

    if (is_hardware_address(word, length) || is_odd_address(word, length)) {
        hide(reading, length, 0);
    } else if (is_number(word, length)) {
        take_number(reading, length);
    } else if (word[length + blank] == '[') {
        keep(reading, length + blank);
        take_bytes(reading, word, length);
    } else {
        if (is_word(word, length, "and") || is_word(word, length, "or") ||
            is_word(word, length, "not"))
            end_comparison(reading);
        qualify(reading, word, length);
        keep(reading, length);
    }
}

const char *mask_filter(char *copy, size_t size, const char *filter)
{
    struct reading reading = {.at = filter, .copy = copy, .size = size};

    while (*reading.at != '\0') {
        const bool boolean = is_boolean(reading.at);

        if (mask_is_enabled() && word_length(reading.at) != 0) {
            take_word(&reading);
            continue;
        }
        if (boolean)
            end_comparison(&reading);
        keep(&reading, boolean ? 2 : 1);
    }
    copy[reading.used] = '\0';
    return copy;
}
