/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of procfs. proc is where it is mounted, NULL means /proc. */
#ifndef USERTIME_PROC_H
#define USERTIME_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The same path below another procfs; to be freed. NULL: no memory. */
char *usertime_proc_path(const char *proc, const char *path);

/* Opens it for reading. */
FILE *usertime_proc_open(const char *proc, const char *path);

/* 1: a line without its newline, 0: the end, -1: an error. A line that is cut off is one, too. */
int usertime_read_line(FILE *file, char **line, size_t *size);

/* All of text is a decimal number of at most max. */
bool usertime_parse_number(const char *text, uint64_t max, uint64_t *value);

/*
 * Compares the loaded module's version of the interface with the library's. False: errno is ENOENT
 * without the module, EPROTO for another version; the message is set.
 */
bool usertime_check_abi(const char *proc);

/* The process that a process or thread belongs to; 0 if that cannot be told. */
pid_t usertime_thread_group(const char *proc, pid_t pid);

struct usertime_process {
	pid_t pid;
	pid_t parent;
	uint64_t start;		/* in the ticks of /proc/PID/stat */
};

/* What /proc/PID/stat says, from its text. */
bool usertime_parse_stat(const char *text, struct usertime_process *process);

/* ... from the file; false if there is none that can be read. */
bool usertime_read_stat(const char *proc, pid_t pid, struct usertime_process *process);

/*
 * All processes in no certain order, to be freed; those that come and go meanwhile may be among
 * them. Returns how many, or -1 and sets errno.
 */
ssize_t usertime_read_processes(const char *proc, struct usertime_process **list);

#endif
