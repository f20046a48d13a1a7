/*
 * Packets of a capture that prints, as records of text instead of blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_PRINTER_H
#define IPMON_CAPTURE_PRINTER_H

#include "capture.h"

/*
 * Makes the buffer for the records of a format, none for RECORD_FORMAT_NONE. False when there is no
 * memory. Release with capture_close_printer.
 */
bool capture_open_printer(struct capture *capture, enum record_format format);

void capture_close_printer(struct capture *capture);

/* Notes what the records of an interface's packets need. Returns its number. */
uint32_t capture_print_interface(struct capture *capture, struct captured_interface *interface,
                                 const struct pcapng_interface *block);

/*
 * Prints a packet of an interface that is described; capture_has_room must be true. False when it
 * is a frame without a record. The first one of a link type that cannot be printed
 * sets the failure.
 */
bool capture_print_packet(struct capture *capture, struct captured_interface *interface,
                          const struct captured_packet *packet);

#endif
