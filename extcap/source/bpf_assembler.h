/*
 * Assembles programs for the kernel's packet filter: jumps go to labels, distances are computed.
 * Source: Documentation/networking/filter.rst of Linux.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_BPF_ASSEMBLER_H
#define IPMON_BPF_ASSEMBLER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in the program, behind the jumps to it. */
typedef uint16_t bpf_label;

enum {
    BPF_NEXT = 0, /* the label of the instruction behind the jump, whichever it is */
};

/* Begin with bpf_begin. What does not fit into BPF_MAXINSNS instructions makes bpf_finish fail. */
struct bpf_assembler {
    struct sock_filter instructions[BPF_MAXINSNS];
    struct {
        bpf_label when_true; /* also of a jump without condition */
        bpf_label when_false;
    } targets[BPF_MAXINSNS];       /* of the jumps */
    uint16_t places[BPF_MAXINSNS]; /* of the labels: the instruction behind each */
    size_t length;                 /* of the program, in instructions */
    size_t labels;                 /* made so far */
    bool overflow;
};

void bpf_begin(struct bpf_assembler *assembler);

/* A label that is placed later. */
bpf_label bpf_label_new(struct bpf_assembler *assembler);

/* Places a label in front of the next instruction. */
void bpf_label_here(struct bpf_assembler *assembler, bpf_label label);

/* Adds an instruction that is no jump. */
void bpf_add(struct bpf_assembler *assembler, uint16_t code, uint32_t value);

/* Loads ancillary data of the packet: SKF_AD_* of linux/filter.h. */
void bpf_load_ancillary(struct bpf_assembler *assembler, unsigned offset);

/*
 * Compares the accumulator. comparison: BPF_JEQ, BPF_JGE, ... Such a jump skips at most 255
 * instructions.
 */
void bpf_jump_if(struct bpf_assembler *assembler, uint16_t comparison, uint32_t value,
                 bpf_label when_true, bpf_label when_false);

void bpf_jump(struct bpf_assembler *assembler, bpf_label label);

/* Ends the program. length: bytes of the packet to keep; 0: the packet is refused. */
void bpf_return(struct bpf_assembler *assembler, uint32_t length);

/* Adds a program as it is: its jumps stay within it. */
void bpf_append(struct bpf_assembler *assembler, const struct sock_filter *program, size_t length);

/*
 * Computes the jumps. False when the program is too long, or a jump under a condition goes too far.
 */
bool bpf_finish(struct bpf_assembler *assembler);

#endif
