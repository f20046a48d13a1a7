/*
 * The records that the programs in the kernel write and the capture reads, in the byte order of the
 * machine; addresses are in network order. Included by both. The records differ by their lengths.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_EVENT_H
#define IPMON_PROCESS_EVENT_H

#include <linux/types.h>

enum process_event_kind {
    PROCESS_EVENT_NONE,     /* a packet found no socket */
    PROCESS_EVENT_CONNECT,  /* the first packet of a socket to a peer */
    PROCESS_EVENT_ACCEPT,   /* a connection was accepted */
    PROCESS_EVENT_PORT,     /* the socket has got a port */
    PROCESS_EVENT_RAW,      /* a packet of a raw socket */
    PROCESS_EVENT_SEND,     /* another process or thread than before sends */
    PROCESS_EVENT_RECEIVE,  /* the same of receiving */
    PROCESS_EVENT_LISTEN,   /* it listens, or is a connection of that one not yet accepted */
    PROCESS_EVENT_EXISTING, /* it was there before the capture */
    PROCESS_EVENT_KERNEL,   /* it is the kernel's own */
    PROCESS_EVENT_DELIVERY, /* a packet came to a socket whose process is not known */
    PROCESS_EVENT_CLOSE,    /* the socket listens or receives no more */
    PROCESS_EVENT_BEGIN,    /* a connection of which only the listener may be known */
    PROCESS_EVENT_FORK,     /* the process has made another one, which has its sockets, too */
    PROCESS_EVENTS,
};

/* What else is known of a socket. */
enum process_event_flag {
    PROCESS_EVENT_SHARED = 1,    /* other sockets may have the same port */
    PROCESS_EVENT_IPV6_ONLY = 2, /* it gets no packets of IPv4 */
    PROCESS_EVENT_SEVERAL = 4,   /* other processes may receive from it, too */
    PROCESS_EVENT_MIXED = 8,     /* what another process has written may still be sent */
    PROCESS_EVENT_SEQUENCE = 16, /* the same, of TCP: up to `sequence` */
};

/* Which process uses a socket. */
struct process_event {
    __u64 time;    /* nanoseconds of CLOCK_MONOTONIC; 0: before the capture */
    __u64 socket;  /* a number of its own, as long as the socket exists */
    __u32 kind;    /* enum process_event_kind */
    __u32 network; /* inode number of the network namespace */
    __u32 process; /* its number in the first pid namespace; 0: the kernel, or nobody */
    __u32 thread;
    __u32 user;    /* of the first user namespace */
    __u32 program; /* how often the process has executed a program (task_struct.self_exec_id) */
    __u16 family;  /* AF_INET or AF_INET6; of a packet that of its header */
    __u16 protocol;
    __u16 local_port;  /* of ICMP the identifier of an echo message */
    __u16 remote_port; /* 0: not connected; of ICMP packets of raw sockets type * 256 + code */
    __u8 local[16];    /* all zero: any */
    __u8 remote[16];   /* all zero: any */
    __u32 flags;       /* enum process_event_flag */
    __u32 sequence;    /* number of the first byte that the process has written */
    __u32 device;      /* index of the interface that the socket is bound to; 0: none */
    __u32 started;     /* of one that was there before: low bits of when its process started */
};

enum {
    PROCESS_NAME_SIZE = 16, /* TASK_COMM_LEN */
    PROCESS_PATH_PARTS = 16,
    PROCESS_GROUP_PARTS = 4,
    PROCESS_PART_SIZE = 64,
    PROCESS_GROUP_SIZE = 96,
    PROCESS_ARGUMENTS_SIZE = 2048,
};

/* A process, once for each program that it executes. */
struct process_record {
    __u64 time; /* as above */
    __u32 process;
    __u32 program;
    char name[PROCESS_NAME_SIZE];
    __u32 path_whole;       /* flag: the path reaches the root; its empty parts are none */
    __u32 arguments_length; /* bytes; 0: none or not known */
    /* The names of the executable's path and of the control group, the last one first; "": no more.
     */
    char path[PROCESS_PATH_PARTS][PROCESS_PART_SIZE];
    char group[PROCESS_GROUP_PARTS][PROCESS_GROUP_SIZE];
};

/* With the beginning of its command line, each argument ended by a NUL. */
struct process_record_long {
    struct process_record record;
    char arguments[PROCESS_ARGUMENTS_SIZE];
};

#endif
