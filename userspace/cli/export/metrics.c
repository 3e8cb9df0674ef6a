// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "cli/text.h"
#include "cli/tracker.h"
#include "labels.h"
#include "metrics.h"

/* Exited processes that are known at the same time, whatever is wanted: a storm of forks ends here. */
#define MAX_EXITED	1000

struct process {
	struct metrics_process public;	/* first */
	uint64_t round;			/* of the last record */
	bool old;			/* what it has used up to the first sample does not count */
	TAILQ_ENTRY(process) exits;
};

TAILQ_HEAD(exit_list, process);

struct metrics {
	struct metrics_options options;
	void *groups, *processes;	/* trees of search.h */
	size_t nr_groups, nr_processes;
	struct metrics_group *other;
	struct metrics_group **group_list;
	struct metrics_process **process_list;
	struct exit_list exited;	/* oldest first */
	size_t nr_exited;
	uint64_t first_look, look;	/* boot-time ns */
	uint64_t young;			/* who was forked since then counts from the beginning */
	uint64_t round;
};

static int compare_groups(const void *a, const void *b)
{
	const struct metrics_group *x = a, *y = b;
	int order = strcmp(x->unit, y->unit);

	return order ? order : strcmp(x->command, y->command);
}

static int compare_processes(const void *a, const void *b)
{
	const struct metrics_process *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Adds what is not there yet; no memory ends the program, as in grow(). */
static void insert(void **tree, void *item, int (*compare)(const void *a, const void *b))
{
	if (!tsearch(item, tree, compare))
		grow(NULL, SIZE_MAX, 2);
}

static struct metrics_group *add_group(struct metrics *metrics, const char *command, const char *unit)
{
	struct metrics_group *group = grow(NULL, 1, sizeof(*group));

	*group = (struct metrics_group){ .command = text("%s", command), .unit = text("%s", unit) };
	insert(&metrics->groups, group, compare_groups);
	metrics->nr_groups++;
	return group;
}

/* The one of that command, as a name, and unit, as a label's value. */
static struct metrics_group *find_group(struct metrics *metrics, const char *name, const char *unit)
{
	char *command = label_value(name);
	struct metrics_group key = { .command = command, .unit = (char *)unit }, *group, **found;

	found = tfind(&key, &metrics->groups, compare_groups);
	if (found)
		group = *found;
	else if (metrics->nr_groups > metrics->options.max_groups)	/* one is the other */
		group = metrics->other;
	else
		group = add_group(metrics, command, unit);
	free(command);
	return group;
}

struct metrics *metrics_new(const struct metrics_options *options)
{
	struct metrics *metrics = grow(NULL, 1, sizeof(*metrics));

	*metrics = (struct metrics){ .options = *options };
	TAILQ_INIT(&metrics->exited);
	metrics->other = add_group(metrics, METRICS_OTHER, "");
	return metrics;
}

static void free_group(void *item)
{
	struct metrics_group *group = item;

	free(group->command);
	free(group->unit);
	free(group);
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	tdestroy(metrics->processes, free);
	tdestroy(metrics->groups, free_group);
	free(metrics->group_list);
	free(metrics->process_list);
	free(metrics);
}

void metrics_look(struct metrics *metrics, uint64_t now)
{
	uint64_t previous = metrics->look ? metrics->look : now;

	if (!metrics->first_look)
		metrics->first_look = now;
	metrics->look = now;
	metrics->young = now > METRICS_YOUNG ? now - METRICS_YOUNG : 0;
	if (metrics->young > previous)
		metrics->young = previous;
	if (metrics->young < metrics->first_look)
		metrics->young = metrics->first_look;
	metrics->round++;
}

static struct process *find_process(struct metrics *metrics, pid_t pid, uint64_t start)
{
	struct metrics_process key = { .pid = pid, .start = start };
	struct process **found = tfind(&key, &metrics->processes, compare_processes);

	return found ? *found : NULL;
}

static struct process *add_process(struct metrics *metrics, const struct usertime_record *record,
				   struct metrics_group *group)
{
	struct process *process = grow(NULL, 1, sizeof(*process));

	*process = (struct process){
		.public = { .pid = record->pid, .start = record->start, .group = group, .threads = 1 },
		.round = metrics->round,
	};
	insert(&metrics->processes, process, compare_processes);
	metrics->nr_processes++;
	group->processes++;
	group->threads++;
	return process;
}

static void remove_process(struct metrics *metrics, struct process *process)
{
	tdelete(process, &metrics->processes, compare_processes);
	metrics->nr_processes--;
	free(process);
}

/* Its group is to be asked for. */
static struct metrics_group *group_of_stranger(struct metrics *metrics, pid_t pid)
{
	const struct metrics_options *options = &metrics->options;
	struct metrics_group *group;
	char name[16], *unit;

	if (!options->command(options->data, pid, name))
		strcpy(name, TRACKED_UNKNOWN);
	unit = label_value(options->unit(options->data, pid));
	group = find_group(metrics, name, unit);
	free(unit);
	return group;
}

static struct process *add_stranger(struct metrics *metrics, const struct usertime_record *record)
{
	struct process *process;

	process = add_process(metrics, record, group_of_stranger(metrics, record->pid));
	process->old = !metrics->options.whole && record->start < metrics->young;
	return process;
}

static struct process *get_process(struct metrics *metrics, const struct usertime_record *record)
{
	struct process *process = find_process(metrics, record->pid, record->start);

	return process ? process : add_stranger(metrics, record);
}

/* A child has the name and the unit of its parent. */
static void take_fork(struct metrics *metrics, const struct usertime_record *record)
{
	struct process *parent = find_process(metrics, record->parent_pid, record->parent_start);

	if (find_process(metrics, record->pid, record->start))
		return;
	if (parent)
		add_process(metrics, record, parent->public.group);
	else
		add_process(metrics, record, group_of_stranger(metrics, record->pid));
}

static void take_exec(struct metrics *metrics, const struct usertime_record *record)
{
	struct metrics_process *process = &get_process(metrics, record)->public;

	if (process->exited)
		return;
	process->group->processes--;
	process->group->threads -= process->threads;
	process->group = find_group(metrics, record->name, process->group->unit);
	process->group->processes++;
	process->group->threads += process->threads;
}

static struct metrics_counters counters_of(const struct usertime_record *record)
{
	return (struct metrics_counters){
		record->user, record->system, record->minor_faults, record->major_faults
	};
}

/* Adds what has come since *last to *sum; the module lets nothing fall. */
static void count(uint64_t *sum, uint64_t *last, uint64_t now)
{
	if (now > *last) {
		*sum += now - *last;
		*last = now;
	}
}

static void take_counters(struct metrics_process *process, const struct usertime_record *record)
{
	struct metrics_counters *sum = &process->group->used, *last = &process->used;

	count(&sum->user, &last->user, record->user);
	count(&sum->system, &last->system, record->system);
	count(&sum->minor, &last->minor, record->minor_faults);
	count(&sum->major, &last->major, record->major_faults);
	process->group->threads += record->threads - (uint64_t)process->threads;
	process->threads = record->threads;
}

/* Its group has one less alive; it is known for a while if that is wanted. */
static void end_process(struct metrics *metrics, struct process *process, uint64_t time)
{
	struct metrics_process *public = &process->public;

	public->group->exits++;
	public->group->processes--;
	public->group->threads -= public->threads;
	public->threads = 0;
	public->exited = time;
	if (!metrics->options.keep) {
		remove_process(metrics, process);
		return;
	}
	TAILQ_INSERT_TAIL(&metrics->exited, process, exits);
	metrics->nr_exited++;
}

static void forget_oldest(struct metrics *metrics)
{
	struct process *oldest = TAILQ_FIRST(&metrics->exited);

	TAILQ_REMOVE(&metrics->exited, oldest, exits);
	metrics->nr_exited--;
	remove_process(metrics, oldest);
}

static void take_values(struct metrics *metrics, const struct usertime_record *record)
{
	struct process *process = get_process(metrics, record);

	if (process->public.exited)
		return;
	process->round = metrics->round;
	if (process->old && record->type == USERTIME_RECORD_SAMPLE)
		process->public.used = counters_of(record);
	process->old = false;
	take_counters(&process->public, record);
	if (record->type == USERTIME_RECORD_EXIT)
		end_process(metrics, process, record->time);
	if (metrics->nr_exited > MAX_EXITED)
		forget_oldest(metrics);
}

void metrics_take(struct metrics *metrics, const struct usertime_record *record)
{
	switch (record->type) {
	case USERTIME_RECORD_FORK:
		take_fork(metrics, record);
		break;
	case USERTIME_RECORD_EXEC:
		take_exec(metrics, record);
		break;
	case USERTIME_RECORD_SAMPLE:
	case USERTIME_RECORD_EXIT:
		take_values(metrics, record);
		break;
	default:
		break;
	}
}

void metrics_forget_gone(struct metrics *metrics, uint64_t time, bool (*is_gone)(pid_t pid))
{
	struct metrics_process **list;
	size_t nr = metrics_processes(metrics, &list), i;

	for (i = 0; i < nr; i++) {
		struct process *process = (struct process *)list[i];

		/* One that just exits has its EXIT still to come: it would count a second time. */
		if (!list[i]->exited && process->round + 1 < metrics->round && is_gone(list[i]->pid))
			end_process(metrics, process, time);
	}
}

void metrics_expire(struct metrics *metrics, uint64_t now)
{
	struct process *oldest;

	while ((oldest = TAILQ_FIRST(&metrics->exited)) &&
	       now - oldest->public.exited > metrics->options.keep)
		forget_oldest(metrics);
}

/* Where a walk over a tree writes: a list. */
struct walk {
	void **list;
	size_t nr;
};

static void append(const void *node, VISIT which, void *data)
{
	struct walk *walk = data;

	if (which == postorder || which == leaf)	/* as search.h calls in order */
		walk->list[walk->nr++] = *(void **)node;
}

size_t metrics_groups(struct metrics *metrics, struct metrics_group ***groups)
{
	struct walk walk = { .list = grow(metrics->group_list, metrics->nr_groups, sizeof(void *)) };

	metrics->group_list = (struct metrics_group **)walk.list;
	twalk_r(metrics->groups, append, &walk);
	*groups = metrics->group_list;
	return walk.nr;
}

size_t metrics_processes(struct metrics *metrics, struct metrics_process ***processes)
{
	struct walk walk = {
		.list = grow(metrics->process_list, metrics->nr_processes + 1, sizeof(void *))
	};

	metrics->process_list = (struct metrics_process **)walk.list;
	twalk_r(metrics->processes, append, &walk);
	*processes = metrics->process_list;
	return walk.nr;
}
