/* SPDX-License-Identifier: GPL-2.0-only */
/* The name of a process, which no record has before it executes a program. */
#ifndef USERTIME_COMM_H
#define USERTIME_COMM_H

#include <stdbool.h>
#include <sys/types.h>

#define COMM_SIZE	16

/* As /proc/PID/comm has it, any bytes; root is a directory to be taken for /. false: it is gone. */
bool comm_read(const char *root, pid_t pid, char name[COMM_SIZE]);

#endif
