// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <inttypes.h>
#include <stddef.h>

#include "exposition.h"
#include "labels.h"

enum type { COUNTER, GAUGE };

/* Seconds are ns where they come from. */
enum unit { COUNT, SECONDS };

/* Of each group, say, a family has one sample or more, which a label tells apart. */
struct sample {
	const char *label;
	size_t offset;			/* of the number, in what it is about */
};

struct family {
	const char *name;		/* without the _total that samples of counters end with */
	enum type type;
	enum unit unit;
	const char *help;
	struct sample samples[4];	/* up to the first without a label, but one at least */
};

#define MODES(type, user, system) \
	{ { "mode=\"user\"", offsetof(type, user) }, { "mode=\"system\"", offsetof(type, system) } }
#define KINDS(type, minor, major) \
	{ { "kind=\"minor\"", offsetof(type, minor) }, { "kind=\"major\"", offsetof(type, major) } }
#define ONE(type, member) { { NULL, offsetof(type, member) } }

#define OF(member) ONE(struct metrics_group, member)
static const struct family group_families[] = {
	{ "usertime_process_cpu_seconds", COUNTER, SECONDS,
	  "CPU time of the processes, those that have exited included.",
	  MODES(struct metrics_group, used.user, used.system) },
	{ "usertime_process_faults", COUNTER, COUNT,
	  "Page faults of the processes: major ones needed I/O.",
	  KINDS(struct metrics_group, used.minor, used.major) },
	{ "usertime_process_exits", COUNTER, COUNT, "Processes that have exited.", OF(exits) },
	{ "usertime_processes", GAUGE, COUNT, "Processes that are alive.", OF(processes) },
	{ "usertime_threads", GAUGE, COUNT, "Threads of the processes that are alive.", OF(threads) },
};
#undef OF

static const struct family process_families[] = {
	{ "usertime_pid_cpu_seconds", COUNTER, SECONDS, "CPU time of a process since it was forked.",
	  MODES(struct metrics_process, used.user, used.system) },
	{ "usertime_pid_faults", COUNTER, COUNT, "Page faults of a process since it was forked.",
	  KINDS(struct metrics_process, used.minor, used.major) },
};

/* What there is to tell of the exporter. */
struct self {
	struct exposition exposition;
	uint64_t groups;
	uint64_t one;
};

#define OF(member) ONE(struct self, member)
#define LOST(member) offsetof(struct self, exposition.drops.member)
static const struct family self_families[] = {
	{ "usertime_export_info", GAUGE, COUNT, "Which version exports this.",
	  { { "version=\"" USERTIME_VERSION "\"", offsetof(struct self, one) } } },
	{ "usertime_export_cpu_seconds", COUNTER, SECONDS, "CPU time of the exporter itself.",
	  MODES(struct self, exposition.user, exposition.system) },
	{ "usertime_export_groups", GAUGE, COUNT, "Pairs of command and unit.", OF(groups) },
	{ "usertime_export_refused_processes", GAUGE, COUNT,
	  "Processes that were meant, but may not be observed.", OF(exposition.refused) },
	{ "usertime_export_look_failures", COUNTER, COUNT,
	  "Times that looking for new processes failed.", OF(exposition.look_failures) },
	{ "usertime_export_lost_records", COUNTER, COUNT, "Records that found no room in the ring.",
	  { { "type=\"sample\"", LOST(samples) }, { "type=\"exit\"", LOST(exits) },
	    { "type=\"event\"", LOST(events) } } },
	{ "usertime_export_lost_exit_cpu_seconds", COUNTER, SECONDS,
	  "CPU time, since they were forked, of the processes whose exit records were lost.",
	  MODES(struct self, exposition.drops.exits_user, exposition.drops.exits_system) },
	{ "usertime_export_unfollowed_processes", COUNTER, COUNT,
	  "Processes that were forked and could not be followed.", OF(exposition.drops.children) },
	{ "usertime_export_missed_periods", COUNTER, COUNT, "Periods without a sample.",
	  OF(exposition.drops.missed_periods) },
	{ "usertime_export_write_failures", COUNTER, COUNT, "Times that this could not be written.",
	  OF(exposition.failures) },
};
#undef LOST
#undef OF

#define NR(families) (sizeof(families) / sizeof((families)[0]))

/* Prints the labels that say what a sample is about, without braces. */
typedef void print_labels(FILE *file, const void *of);

static void print_group(FILE *file, const void *of)
{
	const struct metrics_group *group = of;

	fputs("command=", file);
	label_print(file, group->command);
	fputs(",unit=", file);
	label_print(file, group->unit);
}

static void print_process(FILE *file, const void *of)
{
	const struct metrics_process *process = of;

	fprintf(file, "pid=\"%d\",", process->pid);
	print_group(file, process->group);
}

static void print_number(FILE *file, enum unit unit, uint64_t number)
{
	if (unit == SECONDS)
		fprintf(file, "%" PRIu64 ".%09" PRIu64 "\n", number / 1000000000, number % 1000000000);
	else
		fprintf(file, "%" PRIu64 "\n", number);
}

static void print_sample(FILE *file, const struct family *family, const struct sample *sample,
			 print_labels *labels, const void *of)
{
	uint64_t number = *(const uint64_t *)((const char *)of + sample->offset);

	if (number == USERTIME_UNKNOWN)
		return;
	fprintf(file, "%s%s", family->name, family->type == COUNTER ? "_total" : "");
	if (labels || sample->label)
		putc('{', file);
	if (labels)
		labels(file, of);
	if (sample->label)
		fprintf(file, "%s%s", labels ? "," : "", sample->label);
	if (labels || sample->label)
		putc('}', file);
	putc(' ', file);
	print_number(file, family->unit, number);
}

/* To OpenMetrics, the _total is not part of the family's name. */
static void print_head(FILE *file, const struct family *family, bool openmetrics)
{
	const char *suffix = family->type == COUNTER && !openmetrics ? "_total" : "";

	fprintf(file, "# HELP %s%s %s\n", family->name, suffix, family->help);
	fprintf(file, "# TYPE %s%s %s\n", family->name, suffix,
		family->type == COUNTER ? "counter" : "gauge");
	if (openmetrics && family->unit == SECONDS)
		fprintf(file, "# UNIT %s seconds\n", family->name);
}

/* All of a family stands together. */
static void print_family(FILE *file, const struct family *family, bool openmetrics,
			 print_labels *labels, void *const *list, size_t nr)
{
	const struct sample *sample;
	size_t i;

	if (!nr)
		return;
	print_head(file, family, openmetrics);
	for (i = 0; i < nr; i++) {
		sample = family->samples;
		do
			print_sample(file, family, sample++, labels, list[i]);
		while (sample < family->samples + NR(family->samples) && sample->label);
	}
}

/* Only what there has ever been anything of. */
static size_t used_groups(struct metrics_group **groups, size_t nr)
{
	size_t used = 0, i;

	for (i = 0; i < nr; i++)
		if (groups[i]->processes || groups[i]->exits || groups[i]->used.user ||
		    groups[i]->used.system)
			groups[used++] = groups[i];
	return used;
}

/* A series must be there once: of those that have had one PID, it is the last one's. */
static size_t last_of_pids(struct metrics_process **processes, size_t nr)
{
	size_t last = 0, i;

	for (i = 0; i < nr; i++)
		if (i + 1 == nr || processes[i]->pid != processes[i + 1]->pid)
			processes[last++] = processes[i];
	return last;
}

void exposition_print(FILE *file, const struct exposition *exposition)
{
	struct metrics_process **processes;
	struct metrics_group **groups;
	size_t nr_groups, nr_processes, i;
	struct self self = { .exposition = *exposition, .one = 1 };
	void *selves[] = { &self };

	nr_groups = metrics_groups(exposition->metrics, &groups);
	nr_groups = used_groups(groups, nr_groups);
	self.groups = nr_groups;
	for (i = 0; i < NR(group_families); i++)
		print_family(file, &group_families[i], exposition->openmetrics, print_group,
			     (void **)groups, nr_groups);
	if (exposition->per_pid) {
		nr_processes = metrics_processes(exposition->metrics, &processes);
		nr_processes = last_of_pids(processes, nr_processes);
		for (i = 0; i < NR(process_families); i++)
			print_family(file, &process_families[i], exposition->openmetrics, print_process,
				     (void **)processes, nr_processes);
	}
	for (i = 0; i < NR(self_families); i++)
		print_family(file, &self_families[i], exposition->openmetrics, NULL, selves, 1);
	if (exposition->openmetrics)
		fputs("# EOF\n", file);
}
