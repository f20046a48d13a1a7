/*
 * The interfaces of a file to replay, as libwiretap and pcapng_reader.h read them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FILE_INTERFACE_H
#define IPMON_FILE_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pcap/pcap.h>
#include <wiretap/wtap.h>

#include "pcapng_reader.h"
#include "pcapng.h"
#include "place_table.h"

/* An interface of the file, or one of the link types of such an interface. */
struct file_interface {
    unsigned section;
    unsigned number; /* within its section */
    int encapsulation;
    uint16_t link_type;       /* LINKTYPE_* */
    wtap_block_t description; /* libwiretap's, as long as the file is open; NULL: it has none */
    struct pcapng_link link;  /* what libwiretap leaves out */
    const char **comments;    /* the texts of the next; NULL: none */
    struct pcapng_comments description_comments;
    uint8_t ticks_exponent; /* times are written in 10^-n s */
    bool has_fcs_length;
    uint8_t fcs_length;        /* bits */
    bool seen;                 /* a packet came from it */
    struct bpf_program filter; /* of the replay, made when the first packet comes; bf_len 0: none */
    char *filter_text;         /* that packets have passed: in the file, and now; or NULL */
    size_t before; /* place of the latest before with its section and number; SIZE_MAX: none */
};

struct file_interfaces {
    struct file_interface *rows; /* in the file's order */
    size_t count;
    size_t capacity;           /* rows that there is memory for */
    struct place_table places; /* by section and number: of several rows the latest */
    struct pcapng_reader reader;
    unsigned section; /* of the description read last */
    unsigned number;  /* of the next description in that section */
    size_t last;      /* place of the row of the packet before */
    int refused;      /* the latest encapsulation that has no link type */
};

/* The LINKTYPE_* of an encapsulation; -1: its packets cannot be decoded from their bytes alone. */
int file_interface_link_type(int encapsulation);

void file_interfaces_open(struct file_interfaces *interfaces, const char *path);

/*
 * Takes the descriptions that libwiretap has read up to the latest record. section: the record's.
 * expression: the replay's filter, or NULL. False without memory.
 */
bool file_interfaces_read(struct file_interfaces *interfaces, wtap *file, unsigned section,
                          const char *expression);

/*
 * Sets *at to the place of the packet's interface, which gets a row when no description has it;
 * SIZE_MAX when its link type cannot be written. False without memory.
 */
bool file_interfaces_find(struct file_interfaces *interfaces, const wtap_rec *packet,
                          const char *expression, size_t *at);

/* The interface's description block, as a capture is to write it; valid while the file is open. */
void file_interface_describe(const struct file_interface *interface, struct pcapng_interface *block,
                             uint32_t snapshot_length);

/*
 * A packet's time in ticks of its interface since 1970-01-01 UTC. False, with 0, when it has none
 * or one that cannot be written: before 1970, too late for 64 bits, or with a fraction outside of
 * 0..999,999,999 ns.
 */
bool file_interface_ticks(const struct file_interface *interface, const wtap_rec *packet,
                          uint64_t *ticks);

void file_interfaces_close(struct file_interfaces *interfaces);

#endif
