/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system-wide registry of the usertime module, /proc/urt: register processes, end their
 * registration, list them.
 *
 * Everywhere `proc` is where the procfs to talk to is mounted; NULL means /proc. PIDs are those of
 * that procfs's PID namespace. Functions that can fail return 0 (or what they say), or -1 and set
 * errno. Nothing here has state, so all of it may be called from any thread at any time.
 */
#ifndef USERTIME_REGISTRY_H
#define USERTIME_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What usertime_registry_explain() needs at most. */
#define USERTIME_MESSAGE_MAX	256

/*
 * Opens the registry for usertime_registry_add() and usertime_registry_remove(); returns a file
 * descriptor, to be closed with close(2). The module judges what the user who opened it may do.
 * ENOENT: the module is not loaded.
 */
int usertime_registry_open(const char *proc);

/* Registers a process for the user who opened the registry. Once is enough, more does no harm. */
int usertime_registry_add(int registry, pid_t pid);

/* Drops that user's hold on a process; all holds, if it is that user's own process. */
int usertime_registry_remove(int registry, pid_t pid);

/* A process as the registry lists it, as of the last refresh. */
struct usertime_registry_entry {
	pid_t pid;
	uint64_t user_ns;	/* CPU time of the whole thread group, exited threads included: */
	uint64_t system_ns;	/* user and system, nanoseconds */
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t threads;	/* alive now */
	uint64_t start_ns;	/* boot-time clock, nanoseconds; with the PID the identity */
	char state;		/* as in proc_pid_stat(5); X: has exited, these are its final values */
	const char *holders;	/* user IDs, separated by commas */
	const char *command;	/* name; bytes that are not printable ASCII, and \, as \ooo */
};

/* Gets the entries by ascending PID; the strings live until it returns. Non-zero ends the list. */
typedef int usertime_registry_visit(const struct usertime_registry_entry *entry, void *data);

/*
 * Calls visit for each registered process. Returns 0, or the first non-zero value of visit.
 * ENOENT: the module is not loaded. EPROTO: the file has another form than this library knows.
 */
int usertime_registry_list(const char *proc, usertime_registry_visit *visit, void *data);

/*
 * Writes what a failed usertime_registry_add(), or usertime_registry_remove() if removing, of that
 * pid means into message (size bytes, cut if need be): error is the errno it left. Always a phrase
 * without the PID and without a full stop.
 */
void usertime_registry_explain(const char *proc, pid_t pid, bool removing, int error,
			       char *message, size_t size);

#ifdef __cplusplus
}
#endif

#endif
