// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registrations.h"

/* What a call came to. */
enum { ALL_DONE, SOME_FAILED };

/* What the library says of its last failure. */
static int failed(const char *program)
{
	fprintf(stderr, "%s: %s\n", program, usertime_message());
	return SOME_FAILED;
}

typedef int change(struct usertime_registry *registry, pid_t pid);

static int apply(const char *program, change *change, const struct pid_list *pids,
		 const char *proc)
{
	struct usertime_registry *registry = usertime_registry_open(proc);
	int status = ALL_DONE, error;
	size_t i;

	if (!registry)
		return failed(program);
	for (i = 0; i < pids->nr; i++) {
		if (!change(registry, pids->list[i]))
			continue;
		error = errno;
		status = failed(program);
		/* The module has gone: that holds for the others, too. */
		if (error == EIO)
			break;
	}
	usertime_registry_close(registry);
	return status;
}

int registrations_add(const char *program, const struct pid_list *pids, const char *proc)
{
	return apply(program, usertime_registry_add, pids, proc);
}

int registrations_remove(const char *program, const struct pid_list *pids, const char *proc)
{
	return apply(program, usertime_registry_remove, pids, proc);
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Sorted, each once. */
static void sort_pids(struct pid_list *pids)
{
	size_t i, n = 0;

	if (pids->nr)
		qsort(pids->list, pids->nr, sizeof(pid_t), compare_pids);
	for (i = 0; i < pids->nr; i++)
		if (!n || pids->list[i] != pids->list[n - 1])
			pids->list[n++] = pids->list[i];
	pids->nr = n;
}

struct listing {
	const struct pid_list *pids;	/* sorted; none: all are wanted */
	bool *listed;			/* for each of them */
	usertime_registry_visit *visit;
	void *data;
};

static int visit_wanted(const struct usertime_registry_entry *entry, void *data)
{
	struct listing *listing = data;
	const struct pid_list *pids = listing->pids;
	const pid_t *found;

	if (pids->nr) {
		found = bsearch(&entry->pid, pids->list, pids->nr, sizeof(pid_t), compare_pids);
		if (!found)
			return 0;
		listing->listed[found - pids->list] = true;
	}
	return listing->visit(entry, listing->data);
}

/* One that is not in the list. */
static void print_missing(const char *program, const char *proc, pid_t pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%d", proc ? proc : "/proc", (int)pid);
	fprintf(stderr, "%s: %d: %s\n", program, (int)pid,
		access(path, F_OK) ? "no such process" : "not registered");
}

int registrations_visit(const char *program, struct pid_list *pids, const char *proc,
			usertime_registry_visit *visit, void *data)
{
	struct listing listing = { .pids = pids, .visit = visit, .data = data };
	int status = ALL_DONE;
	size_t i;

	sort_pids(pids);
	/* One more than there are: calloc may give NULL for none. */
	listing.listed = calloc(pids->nr + 1, sizeof(*listing.listed));
	if (!listing.listed) {
		fprintf(stderr, "%s: %s\n", program, strerror(errno));
		return SOME_FAILED;
	}
	if (usertime_registry_list(proc, visit_wanted, &listing)) {
		status = failed(program);
		goto out;
	}
	visit(NULL, data);
	for (i = 0; i < pids->nr; i++) {
		if (listing.listed[i])
			continue;
		print_missing(program, proc, pids->list[i]);
		status = SOME_FAILED;
	}
out:
	free(listing.listed);
	return status;
}

/* Fixed widths: the same on a terminal and in a pipe, whatever else is listed. */
static int print_entry(const struct usertime_registry_entry *entry, void *data)
{
	bool *headed = data;

	if (!*headed)
		printf("%7s %16s %7s %-5s %s\n", "PID", "USER(s)", "THREADS", "STATE", "COMMAND");
	*headed = true;
	if (entry)
		printf("%7d %6" PRIu64 ".%09" PRIu64 " %7" PRIu64 " %-5c %s\n", (int)entry->pid,
		       entry->user_ns / 1000000000, entry->user_ns % 1000000000, entry->threads,
		       entry->state, entry->command);
	return 0;
}

int registrations_list(const char *program, struct pid_list *pids, const char *proc)
{
	bool headed = false;

	return registrations_visit(program, pids, proc, print_entry, &headed);
}
