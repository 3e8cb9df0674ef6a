// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of report --html: its data, and that nothing in it can end what it stands in. With an
 * argument it leaves the page there, for scripts/browser, which sees what a browser makes of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "cli/command.h"
#include "cli/html.h"
#include "known.h"
#include "run.h"

static const struct timeline_options all = { .begin = INT64_MIN, .end = INT64_MAX };

/* What leads to a value: names of objects, and numbers of arrays. */
static json_t *at(json_t *json, const char *path)
{
	char word[64];
	int length;

	for (; json && *path; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		snprintf(word, sizeof(word), "%.*s", length, path);
		json = json_is_array(json) ? json_array_get(json, strtoul(word, NULL, 10)) :
					     json_object_get(json, word);
	}
	return json;
}

static void is(json_t *data, const char *path, double want)
{
	json_t *value = at(data, path);

	ok(value && fabs(json_number_value(value) - want) < 1e-9, "%s is %.9g: %.9g", path, want,
	   json_number_value(value));
}

static void says(json_t *data, const char *path, const char *want)
{
	is_text(json_string_value(at(data, path)), want, path);
}

static json_t *data_of(const struct timeline_options *options)
{
	struct recorded *recorded = recorded_open(recording_path(KNOWN));
	json_t *data;

	need(recorded);
	data = html_data("test", recorded, options);
	need(data);
	recorded_close(recorded);
	return data;
}

static void test_data(void)
{
	json_t *data = data_of(&all);

	says(data, "about.command", "usertime record sleep 1");
	is(data, "about.period", 0.01);
	is(data, "about.sessions", 1);
	ok(json_is_true(at(data, "about.complete")), "it was ended");
	is(data, "time.begin", 1800000000);
	is(data, "time.end", 10);
	is(data, "time.width", 0.01);
	is(data, "time.count", 1000);
	ok(json_array_size(at(data, "present")) == 1000, "a number of processes for each");
	is(data, "present.0", 2);
	is(data, "present.250", 3);
	is(data, "recorded.999", 1);

	ok(json_array_size(at(data, "lines.pid")) == 4, "four lines");
	says(data, "lines.pid.0.name", "worker");
	is(data, "lines.pid.0.pid", 100);
	is(data, "lines.pid.0.total.0", 4);
	is(data, "lines.pid.0.total.1", 1);
	is(data, "lines.pid.0.total.2", 1010);
	is(data, "lines.pid.0.user.0", 4000);
	is(data, "lines.pid.0.system.999", 1000);
	is(data, "lines.pid.0.faults.98", 1);
	is(data, "lines.pid.0.faults.50", 2);
	says(data, "lines.pid.1.name", EVIL);
	is(data, "lines.pid.1.first", 200);
	ok(json_array_size(at(data, "lines.pid.1.user")) == 200, "only where there is something");
	is(data, "lines.pid.1.user.0", 5000);
	ok(json_array_size(at(data, "lines.pid.3.user")) == 0, "nothing of idle");
	says(data, "lines.command.1.name", EVIL);
	is(data, "lines.command.1.pid", 0);

	ok(json_array_size(at(data, "processes")) == 4, "four processes");
	is(data, "processes.1.0", 200);
	says(data, "processes.1.1", EVIL);
	is(data, "processes.1.3", 2);
	is(data, "processes.1.4", 4);
	is(data, "processes.1.6", 1.5);
	is(data, "processes.1.9", 500);
	says(data, "processes.2.1", "it's\\\033[1m\xef\xbf\xbd");
	ok(json_is_null(at(data, "processes.0.4")), "worker goes on");
	is(data, "omitted.count", 0);
	json_decref(data);
}

/* Many processes: what is shown is bounded, and what is not is there in sum. */
static void test_bounds(void)
{
	struct recording *recording = recording_begin("many.urt");
	struct recorded *recorded;
	json_t *data;
	int i;

	for (i = 1; i <= 2500; i++) {
		put(recording, RECORD(FORK, i, FORKED(i * MS), i * MS, .parent_pid = 1, .parent_start = OLD));
		put(recording, RECORD(EXIT, i, FORKED(i * MS), (i + 1) * MS, USED(i * 1000, 0, 1, 0)));
	}
	recording_finish(recording, 3 * SECOND);
	recorded = recorded_open(recording_path("many.urt"));
	need(recorded);
	data = html_data("test", recorded, &all);
	recorded_close(recorded);
	need(data);
	ok(json_array_size(at(data, "processes")) == 2000, "2000 processes");
	is(data, "processes.0.0", 2500);
	is(data, "processes.1999.0", 501);
	is(data, "omitted.count", 500);
	is(data, "omitted.user", 500 * 501 / 2 * 1e-6);
	ok(json_array_size(at(data, "lines.pid")) == 21, "20 lines and the others");
	ok(json_is_null(at(data, "lines.pid.20.name")), "who have no name");
	is(data, "lines.pid.20.members", 2480);
	is(data, "lines.pid.20.total.2", 2480);
	ok(json_array_size(at(data, "lines.command")) == 1, "one command");
	is(data, "lines.command.0.members", 2500);
	json_decref(data);
}

static char *page_of(const json_t *data)
{
	char *page = NULL;
	size_t size;
	FILE *file = open_memstream(&page, &size);

	need(file);
	html_page(file, data);
	need(!fclose(file));
	return page;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		n++;
	}
	return n;
}

static void test_page(void)
{
	json_t *data = data_of(&all), *again;
	char *page = page_of(data), *begin, *end;

	ok(count(page, "<script") == 2 && count(page, "</script") == 2, "the page's own scripts only");
	ok(!strstr(page, "@page.") && !strstr(page, "@data@"), "nothing is left to be filled in");
	ok(!strstr(page, "src=") && !strstr(page, "@import") && !strstr(page, "url("),
	   "it needs nothing else");
	ok(strstr(page, "default-src 'none'"), "and may not get it");
	begin = strstr(page, "id=\"data\">");
	need(begin);
	begin = strchr(begin, '>') + 1;
	end = strchr(begin, '<');
	need(end);
	ok(!strncmp(end, "</script>", strlen("</script>")), "no < in the data");
	again = json_loadb(begin, end - begin, 0, NULL);
	ok(again && json_equal(at(again, "lines"), at(data, "lines")) &&
	   json_equal(at(again, "processes"), at(data, "processes")), "which are the same again");
	json_decref(again);
	json_decref(data);
	free(page);
}

static int write_page(const char *output)
{
	struct recorded *recorded = recorded_open(recording_path(KNOWN));
	int status;

	need(recorded);
	status = html_write("usertime report", recorded, &all, output);
	recorded_close(recorded);
	return status;
}

static void test_write(void)
{
	char *page, *same, path[PATH_MAX];
	json_t *data = data_of(&all);
	FILE *file;
	size_t n;

	tree_path(path, "page.html");
	ok(!write_page(path), "is written");
	page = page_of(data);
	same = calloc(strlen(page) + 2, 1);
	need(same);
	file = fopen(path, "r");
	need(file);
	n = fread(same, 1, strlen(page) + 1, file);
	fclose(file);
	ok(n == strlen(page) && !strcmp(page, same), "as a whole");
	ok(write_page("/dev/full") == 1, "a full disk is noticed");
	tree_path(path, "none/page.html");
	ok(write_page(path) == 1, "a directory that is not there, too");
	json_decref(data);
	free(page);
	free(same);
}

/* report(WORD, ..., NULL): usertime report --html WORD... */
#define report(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ "report", "--html", __VA_ARGS__ })

static void test_report(void)
{
	char recording[PATH_MAX], path[PATH_MAX];

	tree_path(recording, KNOWN);
	tree_path(path, "report.html");
	report(path, "-b", "3s", "-e", "5s", recording, NULL);
	ok(status == 0 && !*out && !*err, "report writes it and says nothing");
	report("-", recording, NULL);
	ok(status == 0 && !strncmp(out, "<!DOCTYPE html>\n", 16), "to standard output");
	prepare = full_disk;
	report("-", recording, NULL);
	ok(status == 1 && strstr(err, "cannot write the output"), "which may be full");
	slurp("report.html", out, sizeof(out));
	ok(!strncmp(out, "<!DOCTYPE html>\n", 16), "it is the page");
	report(path, "-b", "20s", recording, NULL);
	ok(status == 1 && strstr(err, "has nothing of that time"), "nothing is no page");
}

int main(int argc, char **argv)
{
	tree_make();
	known_make();
	if (argc > 1)
		return write_page(argv[1]);
	test_data();
	test_bounds();
	test_page();
	test_write();
	test_report();
	return tap_done();
}
