// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "html.h"
#include "output.h"
#include "text.h"

/* The parts of the page, as the build made them of the files in html/. */
static const char page[] =
#include "page.html.h"
;
static const char style[] =
#include "page.css.h"
;
static const char code[] =
#include "page.js.h"
;

/* What a page has room for, and a browser is quick with. */
#define BUCKETS		1000
#define LINES		20
#define PROCESSES	2000

#define NS	1e9

/* Seconds, to the microsecond. */
static json_t *seconds(double ns)
{
	return json_real(round(ns / 1e3) / 1e6);
}

static json_t *about(const struct recorded *recorded)
{
	const struct recorded_session *first = recorded->sessions, *session;
	struct usertime_drops sum = { .samples = 0 };
	bool complete = true;

	for (session = first; session < first + recorded->nr_sessions; session++) {
		complete = complete && session->complete;
		sum.samples += session->drops.samples;
		sum.exits += session->drops.exits;
		sum.exits_user += session->drops.exits_user;
		sum.exits_system += session->drops.exits_system;
		sum.children += session->drops.children;
		if (session->drops.missed_periods != USERTIME_UNKNOWN)
			sum.missed_periods += session->drops.missed_periods;
	}
	return json_pack("{s:o, s:o, s:o, s:s, s:i, s:o, s:I, s:b, s:{s:I, s:I, s:o, s:I, s:I}}",
			 "command", text_json(first->command), "host", text_json(first->host),
			 "kernel", text_json(first->kernel), "version", USERTIME_VERSION,
			 "cpus", first->cpus, "period", json_real(first->period / NS),
			 "sessions", (json_int_t)recorded->nr_sessions, "complete", complete,
			 "lost", "lost samples", (json_int_t)sum.samples,
			 "lost exits", (json_int_t)sum.exits,
			 "CPU time of these (s)", seconds((double)sum.exits_user + sum.exits_system),
			 "processes that could not be followed", (json_int_t)sum.children,
			 "missed periods", (json_int_t)sum.missed_periods);
}

/* Whole numbers whose sum is, at any time, the rounded one of the values. */
static json_t *values(const struct bucket *buckets, size_t first, size_t end, size_t offset, double unit)
{
	json_t *array = json_array();
	long long before = 0, now;
	double sum = 0;
	float value;
	size_t i;

	for (i = first; i < end; i++, before = now) {
		memcpy(&value, (const char *)&buckets[i] + offset, sizeof(value));
		sum += value / unit;
		now = llround(sum);
		json_array_append_new(array, json_integer(now - before));
	}
	return array;
}

static bool is_zero(const struct bucket *bucket)
{
	return bucket->user <= 0 && bucket->system <= 0 && bucket->faults <= 0;
}

/* Without what is 0 before and behind: most processes live shortly. CPU time is in us. */
static json_t *line_data(const struct timeline_line *line, size_t nr)
{
	size_t first = 0, end = nr;

	while (end && is_zero(&line->buckets[end - 1]))
		end--;
	while (first < end && is_zero(&line->buckets[first]))
		first++;
	return json_pack("{s:o, s:i, s:I, s:[o, o, I], s:I, s:o, s:o, s:o}",
			 "name", text_json(line->name), "pid", line->pid,
			 "members", (json_int_t)line->members,
			 "total", seconds(line->used.user), seconds(line->used.system),
			 (json_int_t)line->used.minor + (json_int_t)line->used.major,
			 "first", (json_int_t)first,
			 "user", values(line->buckets, first, end, offsetof(struct bucket, user), 1e3),
			 "system", values(line->buckets, first, end, offsetof(struct bucket, system), 1e3),
			 "faults", values(line->buckets, first, end, offsetof(struct bucket, faults), 1));
}

static json_t *lines_data(const struct timeline *timeline, enum timeline_by by)
{
	struct timeline_lines lines;
	json_t *array = json_array();
	size_t i;

	timeline_lines(timeline, by, KEY_CPU, LINES, &lines);
	for (i = 0; i < lines.nr; i++)
		json_array_append_new(array, line_data(&lines.lines[i], timeline->nr));
	timeline_lines_free(&lines);
	return array;
}

/* Three digits will do. */
static json_t *shares(const float *buckets, size_t nr)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(array, json_real(round(buckets[i] * 1e3) / 1e3));
	return array;
}

struct ranked {
	const struct timeline_process *process;
	uint64_t used;
};

static int by_use(const void *a, const void *b)
{
	const struct ranked *first = a, *second = b;

	if (first->used != second->used)
		return first->used < second->used ? 1 : -1;
	return (first->process > second->process) - (first->process < second->process);
}

/* In the order of the page's columns. */
static json_t *process_data(const struct timeline *timeline, const struct timeline_process *process)
{
	const struct use *used = &process->used;

	return json_pack("[i, o, o, o, o, i, o, o, o, I, I]", process->pid, text_json(process->name),
			 text_json(process->unit), seconds(process->seen - timeline->begin),
			 process->exited ? seconds(process->left - timeline->begin) : json_null(),
			 process->threads, seconds((double)used->user + used->system),
			 seconds(used->user), seconds(used->system),
			 (json_int_t)used->minor, (json_int_t)used->major);
}

/* Those that used most; and what others did, in sum. */
static void add_processes(json_t *data, const struct timeline *timeline)
{
	size_t nr = timeline->nr_processes, i;
	struct ranked *ranked = grow(NULL, nr + 1, sizeof(*ranked));
	json_t *array = json_array();
	uint64_t user = 0, system = 0;

	for (i = 0; i < nr; i++) {
		ranked[i].process = &timeline->processes[i];
		ranked[i].used = ranked[i].process->used.user + ranked[i].process->used.system;
	}
	qsort(ranked, nr, sizeof(*ranked), by_use);
	for (i = 0; i < nr && i < PROCESSES; i++)
		json_array_append_new(array, process_data(timeline, ranked[i].process));
	json_object_set_new(data, "processes", array);
	for (; i < nr; i++) {
		user += ranked[i].process->used.user;
		system += ranked[i].process->used.system;
	}
	json_object_set_new(data, "omitted",
			    json_pack("{s:I, s:o, s:o}", "count",
				      (json_int_t)(nr > PROCESSES ? nr - PROCESSES : 0),
				      "user", seconds(user), "system", seconds(system)));
	free(ranked);
}

json_t *html_data(const char *program, struct recorded *recorded,
		  const struct timeline_options *options)
{
	struct timeline_options bounded = *options;
	struct timeline timeline;
	json_t *data;

	bounded.max = BUCKETS;
	if (!timeline_load(&timeline, recorded, &bounded)) {
		fprintf(stderr, "%s: %s\n", program, recording_message());
		return NULL;
	}
	data = json_pack("{s:o, s:{s:o, s:o, s:f, s:I}, s:o, s:o, s:{s:o, s:o}}",
			 "about", about(recorded),
			 "time", "begin", seconds(timeline.begin),
			 "end", seconds(timeline.end - timeline.begin), "width", timeline.width / NS,
			 "count", (json_int_t)timeline.nr,
			 "present", shares(timeline.present, timeline.nr),
			 "recorded", shares(timeline.recorded, timeline.nr),
			 "lines", "pid", lines_data(&timeline, BY_PID),
			 "command", lines_data(&timeline, BY_COMMAND));
	if (data)
		add_processes(data, &timeline);
	else
		fprintf(stderr, "%s: out of memory\n", program);
	timeline_free(&timeline);
	return data;
}

/* A name may have what ends a script: < is only in strings, which may have it in another form. */
static int put_json(const char *buffer, size_t size, void *file)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (buffer[i] == '<')
			fputs("\\u003c", file);
		else
			putc(buffer[i], file);
	return 0;
}

void html_page(FILE *file, const json_t *data)
{
	const char *rest = page, *mark;

	while ((mark = strchr(rest, '@'))) {
		fwrite(rest, 1, mark - rest, file);
		if (!strncmp(mark, "@page.css@", strlen("@page.css@")))
			fputs(style, file);
		else if (!strncmp(mark, "@page.js@", strlen("@page.js@")))
			fputs(code, file);
		else
			json_dump_callback(data, put_json, file, JSON_COMPACT | JSON_REAL_PRECISION(15));
		rest = strchr(mark + 1, '@') + 1;
	}
	fputs(rest, file);
}

int html_write(const char *program, struct recorded *recorded,
	       const struct timeline_options *options, const char *output)
{
	json_t *data = html_data(program, recorded, options);
	bool written = false;
	FILE *file;

	if (!data)
		return STATUS_FAILED;
	file = output_open(program, output);
	if (file) {
		html_page(file, data);
		written = output_close(program, output, file);
	}
	json_decref(data);
	return written ? STATUS_DONE : STATUS_FAILED;
}
