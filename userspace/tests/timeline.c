// SPDX-License-Identifier: GPL-2.0-only
/* What a recording shows over time: buckets, sums, the largest lines. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>

#include "cli/timeline.h"
#include "known.h"

#define ALL	{ .begin = INT64_MIN, .end = INT64_MAX, .max = 10 }

/* Loads it, as those options want it. */
static void load(struct timeline *timeline, struct timeline_options options)
{
	struct recorded *recorded = recorded_open(recording_path(KNOWN));

	need(recorded && timeline_load(timeline, recorded, &options));
	recorded_close(recorded);
}

static bool near(double got, double want)
{
	if (fabs(got - want) <= fabs(want) * 1e-5 + 1e-9)
		return true;
	printf("# %g, not %g\n", got, want);
	return false;
}

static const struct timeline_process *find(const struct timeline *timeline, pid_t pid)
{
	size_t i;

	for (i = 0; i < timeline->nr_processes; i++)
		if (timeline->processes[i].pid == pid)
			return &timeline->processes[i];
	return NULL;
}

static bool used(const struct use *use, uint64_t user, uint64_t system, uint64_t minor, uint64_t major)
{
	return use->user == user && use->system == system && use->minor == minor &&
	       use->major == major;
}

static void test_widths(void)
{
	static const struct {
		int64_t length;
		size_t max;
		uint64_t finest, width;
		size_t nr;
	} cases[] = {
		{ 10 * SECOND, 10, 0, SECOND, 10 },
		{ 10 * SECOND, 9, 0, 2 * SECOND, 5 },
		{ 10 * SECOND, 1000, 50 * MS, 50 * MS, 200 },
		{ 10 * SECOND, 300, 10 * MS, 50 * MS, 200 },
		{ 10 * SECOND + 1, 10, 0, 2 * SECOND, 6 },
		{ 3600 * SECOND, 1000, MS, 5 * SECOND, 720 },
		{ 0, 10, 0, 1, 1 },
		{ -5, 10, 0, 1, 1 },
	};
	struct timeline timeline;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		timeline_init(&timeline, BEGAN, BEGAN + cases[i].length, cases[i].max, cases[i].finest);
		ok(timeline.width == cases[i].width && timeline.nr == cases[i].nr,
		   "%lld ns in at most %zu buckets: %zu of %llu", (long long)cases[i].length,
		   cases[i].max, timeline.nr, (unsigned long long)timeline.width);
		timeline_free(&timeline);
	}
}

static void test_buckets(void)
{
	const struct timeline_process *process;
	struct timeline timeline;
	size_t i, right = 0;

	load(&timeline, (struct timeline_options)ALL);
	ok(timeline.begin == BEGAN && timeline.width == SECOND && timeline.nr == 10 &&
	   timeline.nr_processes == 4, "ten seconds, four processes");

	process = find(&timeline, 100);
	need(process);
	is_text(process->name, "worker", "a name");
	ok(used(&process->used, 4 * SECOND, SECOND, 1000, 10),
	   "what was used before the recording does not count");
	ok(process->first == 0 && process->nr == 10 && !process->exited, "it is there all the time");
	for (i = 0; i < process->nr; i++)
		right += near(process->buckets[i].user, 0.4 * SECOND) &&
			 near(process->buckets[i].system, 0.1 * SECOND) &&
			 near(process->buckets[i].faults, 101);
	ok(right == 10, "between two samples use is even");

	process = find(&timeline, 200);
	need(process);
	ok(used(&process->used, SECOND, SECOND / 2, 500, 0), "all counts of what was forked meanwhile");
	ok(process->first == 2 && process->nr == 2 && process->exited &&
	   process->left == BEGAN + 4 * SECOND, "from its fork to its exit");
	ok(near(process->buckets[1].user, 0.5 * SECOND) &&
	   near(process->buckets[1].system, 0.25 * SECOND), "evenly");

	process = find(&timeline, 300);
	ok(process && used(&process->used, 0, 0, 0, 0), "what does nothing has used nothing");
	ok(near(timeline.present[0], 2) && near(timeline.present[2], 3) && near(timeline.present[4], 2) &&
	   near(timeline.present[6], 3), "number of processes");
	ok(near(timeline.recorded[0], 1) && near(timeline.recorded[9], 1), "all of it was recorded");
	timeline_free(&timeline);
}

/* From the middle of a process to the middle of another. */
static void test_range(void)
{
	struct timeline timeline;
	struct timeline_options options = ALL;

	options.begin = BEGAN + 3 * SECOND;
	options.end = BEGAN + 6 * SECOND + SECOND / 2;
	options.max = 7;
	load(&timeline, options);
	ok(timeline.begin == options.begin && timeline.end == options.end && timeline.nr == 7 &&
	   timeline.width == SECOND / 2, "only what is asked for");
	ok(timeline.nr_processes == 4, "and who was there");
	ok(used(&find(&timeline, 100)->used, 1400 * MS, 350 * MS, 350, 4), "the share of it");
	ok(used(&find(&timeline, 200)->used, SECOND / 2, SECOND / 4, 250, 0), "of an end");
	ok(used(&find(&timeline, 201)->used, 450 * MS, 50 * MS, 25, 0), "of a beginning");
	timeline_free(&timeline);

	options.end = BEGAN + 5 * SECOND;
	load(&timeline, options);
	ok(!find(&timeline, 201), "who came later is not there");
	timeline_free(&timeline);

	options.begin = BEGAN + 20 * SECOND;
	options.end = INT64_MAX;
	load(&timeline, options);
	ok(!timeline.nr_processes, "behind the end is nothing");
	timeline_free(&timeline);
}

static void test_chosen(void)
{
	char *names[] = { (char *)EVIL };
	pid_t pids[] = { 300 };
	struct timeline timeline;
	struct timeline_options options = ALL;

	options.names = names;
	options.nr_names = 1;
	load(&timeline, options);
	ok(timeline.nr_processes == 1 && find(&timeline, 200), "by name");
	timeline_free(&timeline);
	options.pids = pids;
	options.nr_pids = 1;
	load(&timeline, options);
	ok(timeline.nr_processes == 2 && find(&timeline, 200) && find(&timeline, 300), "and by PID");
	timeline_free(&timeline);
}

static void test_lines(void)
{
	struct timeline_lines lines;
	struct timeline timeline;

	load(&timeline, (struct timeline_options)ALL);
	timeline_lines(&timeline, BY_PID, KEY_CPU, 2, &lines);
	ok(lines.nr == 3 && lines.lines[0].pid == 100 && lines.lines[1].pid == 200,
	   "the largest come first");
	ok(!lines.lines[2].name && lines.lines[2].members == 2, "and the others");
	ok(used(&lines.lines[2].used, 900 * MS, 100 * MS, 50, 0), "in sum");
	ok(near(lines.lines[1].buckets[1].user, 0) && near(lines.lines[1].buckets[3].user, 0.5 * SECOND),
	   "with their buckets");
	timeline_lines_free(&lines);

	timeline_lines(&timeline, BY_PID, KEY_FAULTS, 1, &lines);
	ok(lines.nr == 2 && lines.lines[0].pid == 100 && lines.lines[1].members == 3, "by page faults");
	timeline_lines_free(&lines);

	timeline_lines(&timeline, BY_PID, KEY_CPU, 4, &lines);
	ok(lines.nr == 4 && lines.lines[3].name, "no others, if there are none");
	timeline_lines_free(&lines);
	timeline_free(&timeline);
}

/* Two of one name, one of another. */
static void test_commands(void)
{
	static const struct use small = { .user = 1000 }, large = { .user = 1500, .major = 1 };
	struct timeline_lines lines;
	struct timeline timeline;
	size_t one, other, third;

	timeline_init(&timeline, 0, 10, 10, 0);
	one = timeline_add(&timeline, &(struct timeline_process){ .pid = 1, .name = "a", .unit = "",
								  .left = 10 });
	other = timeline_add(&timeline, &(struct timeline_process){ .pid = 2, .name = "b", .unit = "",
								    .left = 10 });
	third = timeline_add(&timeline, &(struct timeline_process){ .pid = 3, .name = "a", .unit = "",
								    .seen = 5, .left = 10 });
	timeline_use(&timeline, one, 0, 4, &small);
	timeline_use(&timeline, other, 0, 10, &large);
	timeline_use(&timeline, third, 9, 10, &small);
	timeline_use(&timeline, third, 5, 6, &small);
	ok(timeline.processes[third].first == 5 && timeline.processes[third].nr == 5 &&
	   near(timeline.processes[third].buckets[2].user, 0), "buckets in any order");

	timeline_lines(&timeline, BY_COMMAND, KEY_CPU, 7, &lines);
	ok(lines.nr == 2 && !strcmp(lines.lines[0].name, "a") && lines.lines[0].members == 2 &&
	   !lines.lines[0].pid, "those of one name are one");
	ok(used(&lines.lines[0].used, 3000, 0, 0, 0) && near(lines.lines[0].buckets[3].user, 250) &&
	   near(lines.lines[0].buckets[9].user, 1000), "with what each has used");
	timeline_lines_free(&lines);
	timeline_lines(&timeline, BY_COMMAND, KEY_FAULTS, 1, &lines);
	ok(lines.nr == 2 && !strcmp(lines.lines[0].name, "b") && lines.lines[1].members == 2,
	   "others are of several processes");
	timeline_lines_free(&lines);
	ok(near(timeline.present[4], 2) && near(timeline.present[5], 3), "one came later");
	timeline_free(&timeline);
}

static void test_loads(void)
{
	struct timeline_load *loads;
	struct timeline timeline;

	load(&timeline, (struct timeline_options)ALL);
	ok(timeline_loads(&timeline, 50, &loads) == 2, "two numbers of processes");
	ok(near(loads[0].processes, 2) && near(loads[0].time, 7 * SECOND) && near(loads[0].mean, 0.5) &&
	   near(loads[0].low, 0.5) && near(loads[0].high, 0.5), "with two of them");
	ok(near(loads[1].processes, 3) && near(loads[1].time, 3 * SECOND) &&
	   near(loads[1].mean, 4.0 / 3) && near(loads[1].low, 1.25) && near(loads[1].high, 1.5),
	   "with three of them");
	free(loads);
	ok(timeline_loads(&timeline, 2, &loads) == 1 && near(loads[0].processes, 2.5),
	   "not more than asked for");
	free(loads);
	timeline_free(&timeline);
}

/* A second session, a minute later: what lies between was not recorded. */
static void test_gap(void)
{
	struct recording_options options = {
		.command = "", .period = 10 * MS, .root = tree_root,
		.clocks = { BEGAN + 60 * SECOND, MONOTONIC + 60 * SECOND, BOOTTIME + 60 * SECOND },
	};
	struct recording *recording = recording_append(recording_path(KNOWN), &options);
	struct timeline_options all = ALL;
	struct timeline timeline;
	struct timeline_load *loads;

	need(recording);
	put(recording, RECORD(SAMPLE, 100, OLD, 60 * SECOND, USED(90 * SECOND, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 100, OLD, 70 * SECOND, USED(95 * SECOND, 0, 0, 0)));
	recording_finish(recording, 70 * SECOND);
	all.max = 4;
	load(&timeline, all);
	ok(timeline.nr == 4 && timeline.width == 20 * SECOND, "both sessions");
	ok(near(timeline.recorded[0], 0.5) && near(timeline.recorded[1], 0) &&
	   near(timeline.recorded[3], 0.5), "and what lies between");
	ok(timeline.nr_processes == 5, "each has its own processes");
	ok(used(&timeline.processes[4].used, 5 * SECOND, 0, 0, 0), "and what they used in it");
	ok(timeline_loads(&timeline, 50, &loads) == 2 && near(loads[0].processes, 1) &&
	   near(loads[0].mean, 0.5) && near(loads[0].time, 10 * SECOND), "the gap is no load");
	free(loads);
	timeline_free(&timeline);
}

int main(void)
{
	tree_make();
	known_make();
	test_widths();
	test_buckets();
	test_range();
	test_chosen();
	test_lines();
	test_commands();
	test_loads();
	test_gap();
	return tap_done();
}
