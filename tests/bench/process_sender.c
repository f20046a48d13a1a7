/*
 * Sends UDP packets at a rate: process_sender ADDRESS PORT PACKETS RATE. Prints its CPU time in
 * nanoseconds. A packet is a call; in between it sleeps, as often at any cost of a call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { BURST = 20, SIZE = 52, SECOND = 1000000000 };

static void wait_until(struct timespec *due, unsigned long rate)
{
    due->tv_nsec += (long)(BURST * (unsigned long)SECOND / rate);
    while (due->tv_nsec >= SECOND) {
        due->tv_nsec -= SECOND;
        due->tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, due, NULL);
}

int main(int count, char **arguments)
{
    static const char data[SIZE];
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct timespec due;
    struct timespec used;
    const int sender = socket(AF_INET, SOCK_DGRAM, 0);

    if (count != 5 || sender < 0 || inet_pton(AF_INET, arguments[1], &to.sin_addr) != 1)
        return EXIT_FAILURE;
    to.sin_port = htons((in_port_t)atoi(arguments[2]));
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (unsigned long i = strtoul(arguments[3], NULL, 10); i > 0; i--) {
        if (sendto(sender, data, SIZE, 0, (struct sockaddr *)&to, sizeof to) != SIZE) {
            perror("sendto");
            return EXIT_FAILURE;
        }
        if (i % BURST == 0)
            wait_until(&due, strtoul(arguments[4], NULL, 10));
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    printf("%lld\n", (long long)used.tv_sec * SECOND + used.tv_nsec);
    return EXIT_SUCCESS;
}
