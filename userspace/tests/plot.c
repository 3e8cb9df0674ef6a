// SPDX-License-Identifier: GPL-2.0-only
/* usertime plot: the script that gnuplot gets, and what becomes of what gnuplot says. */
#define _GNU_SOURCE
#include <errno.h>

#include "cli/command.h"
#include "cli/plot/plot.h"
#include "known.h"
#include "run.h"

/* plot(WORD, ..., NULL): usertime plot WORD... */
#define plot(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ "plot", __VA_ARGS__ })

/* The known recording's, and a file's name, both in the tree; they stay. */
static char recording[PATH_MAX], output[PATH_MAX];

/* In place of the real one: a script of sh. */
static void install_gnuplot(const char *script)
{
	char path[PATH_MAX];

	tree_parents("bin/gnuplot");
	tree_file("bin/gnuplot", script);
	tree_path(path, "bin/gnuplot");
	need(!chmod(path, 0755));
}

#define ECHO	"#!/bin/sh\nexec cat\n"

/* The script for the known recording, in ten buckets; to be freed. */
static char *script_of(unsigned int kinds, enum plot_format format, size_t top)
{
	const struct timeline_options all = { .begin = INT64_MIN, .end = INT64_MAX, .max = 10 };
	struct recorded *recorded = recorded_open(recording);
	struct timeline timeline;
	struct plot wanted = {
		.timeline = &timeline, .top = top, .kinds = kinds, .format = format,
		.title = "title", .subtitle = BYTES, .columns = 44, .rows = 22,
	};
	char *script = NULL;
	size_t size;
	FILE *file = open_memstream(&script, &size);

	need(recorded && file && timeline_load(&timeline, recorded, &all));
	recorded_close(recorded);
	plot_script(file, &wanted);
	need(!fclose(file));
	timeline_free(&timeline);
	return script;
}

static void has(const char *script, const char *part, const char *name)
{
	bool found = strstr(script, part);

	ok(found, "%s", name);
	if (!found)
		printf("# not there: %s\n", part);
}

static void test_cpu(void)
{
	char *script = script_of(PLOT_CPU, PLOT_SVG, 7);

	has(script, "set terminal svg size 1100,400 ", "one picture's size");
	has(script, "\nset xrange [0:10]\nset xlabel 'time (s)'\n", "its time");
	has(script, "$user0 << END\n0 0 0\n\n0 0 40\n1 0 40\n1 0 40\n2 0 40\n", "the largest at the bottom");
	has(script, "$system0 << END\n0 0 0\n\n0 40 50\n1 40 50\n", "its system time above it");
	has(script, "$user1 << END\n0 0 0\n\n2 50 100\n3 50 100\n3 50 100\n4 50 100\n\nEND\n",
	    "the next one on it, while it is there");
	has(script, "$system1 << END\n0 0 0\n\n2 100 125\n3 100 125\n3 100 125\n4 100 125\n\nEND\n",
	    "and its system time");
	has(script, "$user2 << END\n0 0 0\n\n6 50 140\n7 50 140\n\nEND\n", "another, later");
	has(script, "plot $user0 using 1:2:3 with filledcurves fillcolor rgb 29362 title"
	    " 'worker (100): 4.00 s + 1.00 s'", "what a colour is");
	has(script, " title '" EVIL " (200): 1.00 s + 500 ms'", "of each");
	has(script, " title 'it''s\\134\\033[1m\xef\xbf\xbd (201): 900 ms + 100 ms'",
	    "whatever its bytes are");
	has(script, "set yrange [0:*]", "as high as it is");
	ok(!strstr(script, "others"), "there are no others");
	free(script);

	script = script_of(PLOT_CPU, PLOT_SVG, 1);
	has(script, "$user1 << END\n0 0 0\n\n2 50 100\n3 50 100\n3 50 100\n4 50 100\n\n6 50 140\n7 50 140\n\nEND\n",
	    "all others are one");
	has(script, "fillcolor rgb 8947848 title '3 others: 1.90 s + 600 ms'", "in grey");
	free(script);
}

static void test_faults(void)
{
	char *script = script_of(PLOT_FAULTS, PLOT_PDF, 7);

	has(script, "set terminal pdfcairo size 11,4 ", "a page of paper");
	has(script, "$faults0 << END\n0 0\n1 101\n2 202\n", "a sum that grows");
	has(script, "\n10 1010\nEND\n", "to the total");
	has(script, "$faults1 << END\n0 0\n2 0\n3 250\n4 500\n10 500\nEND\n", "where nothing comes it is level");
	has(script, "plot $faults0 using 1:($2/1) with lines linewidth 2 linecolor rgb 29362 title"
	    " 'worker (100): 1000 + 10'", "minor and major");
	free(script);
}

static void test_utilization(void)
{
	char *script = script_of(PLOT_UTILIZATION, PLOT_PNG, 7);

	has(script, "$loads << END\n2 50 50 50\n3 133.33 125 150\nEND\n", "mean, least and most");
	has(script, "set xrange [0:4]\n", "beside the axis");
	has(script, "set xlabel 'number of processes'", "of what");
	free(script);
}

/* 30 columns and 15 rows between the axes, of which the uppermost is 160 %. */
static void test_letters(void)
{
	char *script = script_of(PLOT_CPU, PLOT_TEXT, 7);

	has(script, "set terminal dumb size 44,22 feed mono noenhanced", "so many letters");
	has(script, "\n0.333333333333333 42.6666667 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ", "user time is below");
	has(script, "\n0.333333333333333 53.3333333 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ", "system time on it");
	has(script, "\n2.33333333333333 96 BBBBBB ", "who comes and goes");
	has(script, "\n2.33333333333333 128 bbbbbb ", "with its system time");
	has(script, "\n6.33333333333333 149.333333 ccc ", "another");
	has(script, "set yrange [0:160]\nset ylabel 'CPU (%)'\n", "up to a round number");
	has(script, "print 'A  worker (100): 4.00 s + 1.00 s'\n", "whose letter it is");
	has(script, "print 'C  it''s\\134\\033[1m\\377 (201): 900 ms + 100 ms'\n", "in ASCII");
	free(script);

	script = script_of(PLOT_FAULTS, PLOT_TEXT, 1);
	has(script, "\n9.33333333333333 1040 AAA ", "page faults are curves");
	has(script, "print 'O  3 others: 550 + 0'\n", "the others are O");
	free(script);
}

static void test_all(void)
{
	char *script = script_of(PLOT_CPU | PLOT_FAULTS | PLOT_UTILIZATION, PLOT_SVG, 7);

	has(script, "set terminal svg size 1100,1080 ", "three times as high");
	has(script, "set multiplot title 'title'.\"\\n\".'it''s\\134\\033[1m\xef\xbf\xbd'\n", "its title");
	ok(strstr(script, "plot $user0") < strstr(script, "plot $faults0") &&
	   strstr(script, "plot $faults0") < strstr(script, "plot $loads"), "one below the other");
	free(script);
}

static void is_usage(const char *why)
{
	ok(status == 2 && !*out && strstr(err, why), "usage: %s", why);
	if (status != 2 || !strstr(err, why))
		printf("# %d: %s\n", status, err);
}

static void test_usage(void)
{
	plot(recording, recording, NULL);
	is_usage("one recording at a time");
	plot(recording, "-o", "picture", NULL);
	is_usage("picture: the format is the suffix: .svg, .png, .pdf or .txt; or give --format");
	plot(recording, "-o", "a.jpeg", NULL);
	is_usage("jpeg: the format is the suffix");
	plot(recording, "--format", "jpeg", NULL);
	is_usage("jpeg: no such format: svg, png, pdf or txt");
	plot(recording, "--kind", "cpu,memory", NULL);
	is_usage("memory: no such kind: cpu, faults, utilization or all");
	plot(recording, "--by", "user", NULL);
	is_usage("user: no such key: pid or command");
	plot(recording, "-n", "8", NULL);
	is_usage("8: at most 7");
	plot(recording, "-p", "x", NULL);
	is_usage("x: not a PID");
	plot(recording, "-b", "5", NULL);
	is_usage("5: needs a unit");
	plot(recording, "-b", "5s", "-e", "5s", NULL);
	is_usage("--end is not after --begin");
}

static void test_run(void)
{
	install_gnuplot(ECHO);
	plot(recording, NULL);
	ok(status == 0 && !*err, "says nothing more");
	has(out, "set terminal dumb size 100,24 feed mono", "text, without colours where there is no terminal");
	has(out, "usertime record sleep 1", "what was recorded");
	has(out, ", every 10 ms'", "how");
	ok(!strstr(out, "$faults0") && !strstr(out, "$loads"), "CPU time alone");

	plot(recording, "-o", output, NULL);
	slurp("picture.svg", out, sizeof(out));
	ok(status == 0 && !*err && !strncmp(out, "set terminal svg size 1100,1080 ", 31),
	   "all kinds go to a file, whose suffix is the format");
	plot(recording, "-b", "0s", "-e", "2s", "-o", output, NULL);
	slurp("picture.svg", out, sizeof(out));
	ok(!strncmp(out, "set terminal svg size 1100,740 ", 30),
	   "one number of processes is no picture of its own");
	plot(recording, "-p", "200", "-C", BYTES, "--by", "command", "--kind", "cpu", "-o", output,
	     "--format", "png", NULL);
	slurp("picture.svg", out, sizeof(out));
	ok(!strncmp(out, "set terminal pngcairo ", 22), "--format goes before a suffix");
	plot(recording, "-p", "200", "-C", BYTES, "--by", "command", NULL);
	has(out, "'A  " EVIL " (1 process): 1.00 s + 500 ms'", "one of those chosen");
	has(out, "'B  it''s", "another");
	ok(!strstr(out, "worker"), "and no more");

	plot(recording, "-C", "nobody", NULL);
	ok(status == 1 && strstr(err, "nothing of that was recorded"), "nothing there");
	prepare = full_disk;
	plot(recording, NULL);
	ok(status == 1 && strstr(err, "cannot write the output"), "a full disk, to standard output");
	plot(recording, "-o", "/dev/full", "--format", "svg", NULL);
	ok(status == 1 && strstr(err, "usertime plot: /dev/full: No space left on device\n"),
	   "and to a file");
}

static void test_gnuplot(void)
{
	install_gnuplot("#!/bin/sh\ncat >/dev/null; echo half a picture; exit 3\n");
	tree_file("picture.svg", "before");
	plot(recording, "-o", output, NULL);
	is_text(err, "usertime plot: gnuplot failed with status 3\n", "it fails");
	slurp("picture.svg", out, sizeof(out));
	ok(status == 1 && !strcmp(out, "before"), "then what was there before stays");
	install_gnuplot("#!/bin/sh\nkill -9 $$\n");
	plot(recording, NULL);
	is_text(err, "usertime plot: gnuplot was killed by signal 9\n", "it is killed");
	ok(status == 1 && !*out, "that is a failure");
	install_gnuplot("#!/bin/sh\nprintf '\\fa\\n\\fb\\n'\n");
	plot(recording, NULL);
	is_text(out, "a\nb\n", "text has no form feeds");
	plot(recording, "--format", "png", NULL);
	is_text(out, "\fa\n\fb\n", "other formats are as they are");
	tree_unlink("bin/gnuplot");
	plot(recording, NULL);
	is_text(err, "usertime plot: there is no gnuplot; apt install gnuplot-nox\n", "it is not there");
	ok(status == 1, "nor a picture");
}

static void test_recording(void)
{
	install_gnuplot(ECHO);
	tree_file("text", "no recording");
	plot(recording_path("text"), NULL);
	ok(status == 1 && !strncmp(err, "usertime plot: ", 15) && strstr(err, "text: "),
	   "a file that is no recording");
	plot(recording_path("nothing"), NULL);
	ok(status == 1 && strstr(err, "nothing: "), "no file at all");
	plot(NULL);
	ok(status == 1 && strstr(err, "usertime.urt: "), "what is recorded to is what is plotted");
}

int main(void)
{
	char path[PATH_MAX + 64], bin[PATH_MAX];

	tree_make();
	known_make();
	tree_path(recording, KNOWN);
	tree_path(output, "picture.svg");
	tree_path(bin, "bin");
	/* Only the shell's own commands and cat are wanted besides. */
	tree_parents("bin/cat");
	tree_link("bin/cat", "/bin/cat");
	snprintf(path, sizeof(path), "%s", bin);
	need(!setenv("PATH", path, 1) && !setenv("TZ", "UTC", 1));

	test_cpu();
	test_faults();
	test_utilization();
	test_letters();
	test_all();
	test_usage();
	test_run();
	test_gnuplot();
	test_recording();
	return tap_done();
}
