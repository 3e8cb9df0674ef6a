// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime run as a whole, with real commands and a session that is made up (the linker's --wrap):
 * what it says of them is written here.
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "cli/command.h"
#include "lib/message.h"
#include "run.h"

#define MAX_RECORDS	64

struct usertime_session *__wrap_usertime_session_open(const struct usertime_session_options *options);
void __wrap_usertime_session_close(struct usertime_session *session);
int __wrap_usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start);
int __wrap_usertime_session_fd(const struct usertime_session *session);
int __wrap_usertime_session_sample(struct usertime_session *session);
void __wrap_usertime_session_drops(struct usertime_session *session, struct usertime_drops *drops);
ssize_t __wrap_usertime_session_peek(struct usertime_session *session,
				     const struct usertime_record **records);
int __wrap_usertime_session_consume(struct usertime_session *session, size_t count);

/* What the session will do. */
static struct {
	int open_error, add_error;
	struct usertime_drops drops;
	unsigned int step;		/* each run takes as much longer than the one before */
	bool daemon;			/* a descendant goes on */

	unsigned int opened, closed, runs;
	pid_t command;
	struct usertime_record records[MAX_RECORDS];
	size_t first, nr;
	int fd;
} kernel;

static void put(struct usertime_record record)
{
	need(kernel.nr < MAX_RECORDS);
	if (!record.time)
		record.time = kernel.nr + 1;
	kernel.records[kernel.nr++] = record;
}

static void put_life(pid_t pid, const char *name, uint64_t user, uint64_t system)
{
	struct usertime_record exec = { .type = USERTIME_RECORD_EXEC, .pid = pid, .start = pid };

	if (pid != kernel.command)
		put((struct usertime_record){ .type = USERTIME_RECORD_FORK, .pid = pid, .start = pid,
					      .parent_pid = kernel.command,
					      .parent_start = kernel.command });
	memcpy(exec.name, name, strlen(name));
	put(exec);
	put((struct usertime_record){ .type = USERTIME_RECORD_EXIT, .pid = pid, .start = pid,
				      .user = user, .system = system, .minor_faults = 10,
				      .major_faults = 1 });
}

struct usertime_session *__wrap_usertime_session_open(const struct usertime_session_options *options)
{
	need(options->flags == USERTIME_SESSION_FOLLOW && !options->period);
	if (kernel.open_error) {
		usertime_explain_not_loaded(kernel.open_error);
		return NULL;
	}
	kernel.opened++;
	kernel.first = kernel.nr = 0;
	kernel.fd = eventfd(0, EFD_CLOEXEC);
	need(kernel.fd >= 0);
	return (struct usertime_session *)&kernel;
}

void __wrap_usertime_session_close(struct usertime_session *session)
{
	if (!session)
		return;
	kernel.closed++;
	close(kernel.fd);
}

int __wrap_usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start)
{
	(void)session;
	(void)start;
	if (kernel.add_error) {
		usertime_explain_add(kernel.add_error, pid, 0);
		return -1;
	}
	kernel.command = pid;
	put((struct usertime_record){ .type = USERTIME_RECORD_SAMPLE, .pid = pid, .start = pid,
				      .user = 5 });
	return 0;
}

int __wrap_usertime_session_fd(const struct usertime_session *session)
{
	(void)session;
	return kernel.fd;
}

/*
 * After the command's end: it has used 1 s and 0.5 s; a child b of it 0.25 s, and twice a,2 was as
 * long as that.
 */
int __wrap_usertime_session_sample(struct usertime_session *session)
{
	uint64_t more = kernel.step * kernel.runs * 1000000ULL;

	(void)session;
	if (kernel.runs == kernel.opened)
		return 0;
	kernel.runs++;
	put_life(kernel.command + 1, "b", 250000000, 0);
	put_life(kernel.command + 2, "a,2", 100000000, 25000000);
	put_life(kernel.command + 3, "a,2", 100000000, 25000000);
	if (kernel.daemon) {
		put((struct usertime_record){ .type = USERTIME_RECORD_FORK, .pid = 9, .start = 9 });
		put((struct usertime_record){ .type = USERTIME_RECORD_SAMPLE, .pid = 9, .start = 9,
					      .time = INT64_MAX, .user = 3000000000 });
	}
	put_life(kernel.command, "sh", 1000000000 + more, 500000000);
	return 0;
}

void __wrap_usertime_session_drops(struct usertime_session *session, struct usertime_drops *drops)
{
	(void)session;
	*drops = kernel.drops;
}

ssize_t __wrap_usertime_session_peek(struct usertime_session *session,
				     const struct usertime_record **records)
{
	(void)session;
	*records = kernel.records + kernel.first;
	return kernel.nr - kernel.first;
}

int __wrap_usertime_session_consume(struct usertime_session *session, size_t count)
{
	(void)session;
	kernel.first += count;
	return 0;
}

/* The session is to be closed as often as it was opened. */
static int program(int argc, char **argv, const char *root)
{
	int ret;

	argp_err_exit_status = STATUS_USAGE;
	ret = usertime_run(argc, argv, root);
	need(kernel.opened == kernel.closed);
	return ret;
}

#define run(...) run_program(program, "usertime run", (const char *const[]){ __VA_ARGS__, NULL })

static void reset(void)
{
	memset(&kernel, 0, sizeof(kernel));
}

static bool says(const char *text, const char *part)
{
	bool found = strstr(text, part);

	if (!found)
		printf("# in: %s\n", text);
	return found;
}

static void test_status(void)
{
	static const struct {
		const char *script;
		int status;
	} commands[] = {
		{ "exit 0", 0 }, { "exit 3", 3 }, { "exit 255", 255 }, { "kill -TERM $$", 143 },
		{ "kill -KILL $$", 137 },
	};
	char path[PATH_MAX];
	size_t i;

	reset();
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		run("sh", "-c", commands[i].script);
		ok(status == commands[i].status, "%s: %d", commands[i].script, commands[i].status);
	}
	run("sh", "-c", "echo out; echo err >&2; exit 3");
	is_text(out, "out\n", "the output is the command's");
	ok(!strncmp(err, "err\n", 4) && says(err, "exit status 3"), "so are errors, ours behind them");
	run("--", "sh", "-c", "exit $#", "-r", "-x", "3");
	ok(status == 2, "options behind the command are its own");
	run("no-such-command-here");
	ok(status == 127, "not found: 127");
	is_text(err, "usertime run: no-such-command-here: No such file or directory\n", "and said");
	tree_file("file", "");
	tree_path(path, "file");
	run(path);
	ok(status == 126 && says(err, "Permission denied"), "not executable: 126");
	run("-r", "3", "no-such-command-here");
	ok(status == 127, "once is enough");
}

static void test_failures(void)
{
	reset();
	kernel.open_error = ENOENT;
	run("echo", "x");
	ok(status == 125 && !*out, "without the module nothing is run");
	is_text(err, "usertime run: the usertime module is not loaded: 'usertime doctor' says why"
		" and what to do\n", "and why");
	kernel.open_error = 0;
	kernel.add_error = EDQUOT;
	run("echo", "x");
	ok(status == 125 && !*out && says(err, "max_targets_per_user"), "nor over a limit");
	kernel.add_error = 0;
	run("-o", "/nonexistent/file", "echo", "x");
	ok(status == 125 && !*out, "nor without the output");
	is_text(err, "usertime run: /nonexistent/file: No such file or directory\n", "which is said");
	run("-o", "/dev/full", "true");
	ok(status == 125, "a full disk");
	is_text(err, "usertime run: cannot write /dev/full: No space left on device\n", "is said");
	run("-j", "-o", "/dev/full", "true");
	ok(status == 125, "for JSON, too");
	is_text(err, "usertime run: cannot write /dev/full: No space left on device\n", "once");
	prepare = full_disk;
	run("-o", "-", "true");
	ok(status == 125 && says(err, "cannot write the output: No space left on device\n"),
	   "standard output is full");
}

static void test_usage(void)
{
	static const struct {
		const char *words[4];
		const char *message;
	} bad[] = {
		{ { NULL }, "usertime run: no command given\n" },
		{ { "-r", "0", "true" }, "usertime run: 0: not a number from 1 on\n" },
		{ { "-I", "5", "true" }, "usertime run: 5: needs a unit" },
		{ { "--format", "xml", "true" }, "usertime run: xml: no such format: table, csv or"
						 " json\n" },
		{ { "-x", "", "true" }, "usertime run: a separator has to have a character" },
		{ { "-x", "\"", "true" }, "usertime run: a separator has to have a character" },
		{ { "-I1s", "-r2", "true" }, "usertime run: -I and -r exclude each other\n" },
	};
	size_t i;

	reset();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		run_program(program, "usertime run", bad[i].words);
		ok(status == 2 && !*out && !strncmp(err, bad[i].message, strlen(bad[i].message)),
		   "wrong usage %zu", i);
	}
	run("--frobnicate", "true");
	ok(status == 2 && says(err, "--frobnicate"), "an unknown option");
	run("--help");
	ok(!status && says(out, "Usage: usertime run ") && says(out, "Examples:") && !*err, "--help");
}

static void test_table(void)
{
	reset();
	run("sh", "-c", "exit 0");
	ok(!status && says(err, "\n sh -c 'exit 0'\n\n"), "the command");
	ok(says(err, " s  wall\n") &&
	   says(err, "        2.000000 s  CPU, ") && says(err, "        1.450000 s  user\n") &&
	   says(err, "        0.550000 s  system\n") && says(err, "              40    minor faults\n") &&
	   says(err, "               4    major faults\n") && says(err, "               4    processes\n") &&
	   says(err, "               2    processes at once\n") && !strstr(err, "still running"),
	   "its figures");
	ok(says(err,
	   "   COUNT        USER(s)      SYSTEM(s)   CPU%  COMMAND\n"
	   "       1       1.000000       0.500000   75.0  sh\n"
	   "       2       0.200000       0.050000   12.5  a,2\n"
	   "       1       0.250000       0.000000   12.5  b\n\n"), "by command, most time first");
	kernel.daemon = true;
	run("true");
	ok(says(err, "        5.000000 s  CPU, ") && says(err, "               1    still running"),
	   "what goes on counts so far");
}

static void test_lost(void)
{
	reset();
	kernel.drops = (struct usertime_drops){
		.exits = 3, .exits_user = 1000000000, .exits_system = 2000000000, .events = 4,
		.children = 5,
	};
	kernel.daemon = true;
	run("true");
	ok(!status && says(err, "        8.000000 s  CPU, "), "exits that were lost are in the sum");
	ok(says(err, "       3       1.000000       2.000000   37.5  [lost]\n"), "and in the table");
	ok(says(err, "usertime run: 5 processes could not be followed") &&
	   says(err, "usertime run: 7 records were lost"), "it is said");
}

static void test_csv(void)
{
	reset();
	run("-x", ";", "-o", "-", "true");
	ok(!status && !*err, "-x, -o -");
	ok(says(out, ";ns;wall;;;;\n2000000000;ns;cpu;;;;\n1450000000;ns;user;;;;\n"
		"550000000;ns;system;;;;\n40;;minor_faults;;;;\n4;;major_faults;;;;\n"
		"4;;processes;;;;\n2;;peak_processes;;;;\n"
		"1;;processes;sh;;;\n1000000000;ns;user;sh;;;\n500000000;ns;system;sh;;;\n"
		"2;;processes;a,2;;;\n200000000;ns;user;a,2;;;\n50000000;ns;system;a,2;;;\n"),
	   "each figure a line");
	run("--format", "csv", "-o", "-", "true");
	ok(says(out, "2,,processes,\"a,2\",,,\n"), "a name with the separator is quoted");
	run("-x", "\\t", "-o", "-", "true");
	ok(says(out, "2\t\tprocesses\ta,2\t\t\t\n"), "\\t is a tab");
	kernel.step = 100;
	run("-x,", "-r", "3", "-o", "-", "true");
	ok(says(out, "2100000000,ns,cpu,,100000000,2000000000,2200000000\n") &&
	   says(out, "\n4.00,,processes,,0.00,4.00,4.00\n") &&
	   says(out, "\n2,,processes,\"a,2\",,,\n") && says(out, "\n1100000000,ns,user,sh,,,\n"),
	   "several runs: mean, deviation, least, largest");
}

static json_t *parse(void)
{
	json_error_t error;
	json_t *all = json_loads(out, JSON_REJECT_DUPLICATES, &error);

	if (!ok(!!all, "it is JSON"))
		printf("# line %d: %s\n# %s\n", error.line, error.text, out);
	return all;
}

static bool is_number(json_t *object, const char *name, double want)
{
	return json_number_value(json_object_get(object, name)) == want;
}

static void test_json(void)
{
	json_t *all, *one, *command, *summary;

	reset();
	run("-j", "-o", "-", "sh", "-c", "exit 7", "\xff");
	ok(status == 7 && !*err, "-j");
	all = parse();
	one = json_array_get(json_object_get(all, "runs"), 0);
	command = json_object_get(all, "command");
	ok(json_array_size(command) == 4, "the words of the command");
	is_text(json_string_value(json_array_get(command, 3)), "\xef\xbf\xbd", "as UTF-8");
	ok(json_array_size(json_object_get(all, "runs")) == 1 &&
	   !json_object_get(all, "summary"), "a run");
	ok(is_number(one, "exit_status", 7) && is_number(one, "signal", 0) &&
	   is_number(one, "cpu_ns", 2e9) && is_number(one, "user_ns", 1.45e9) &&
	   is_number(one, "system_ns", 0.55e9) && is_number(one, "minor_faults", 40) &&
	   is_number(one, "major_faults", 4) && is_number(one, "processes", 4) &&
	   is_number(one, "peak_processes", 2) && is_number(one, "running", 0) &&
	   json_number_value(json_object_get(one, "wall_ns")) > 0, "its figures");
	ok(is_number(json_object_get(one, "lost"), "exits", 0) &&
	   is_number(json_object_get(one, "lost"), "unseen_exits", 0), "nothing was lost");
	command = json_array_get(json_object_get(one, "commands"), 1);
	is_text(json_string_value(json_object_get(command, "command")), "a,2", "a name");
	ok(is_number(command, "count", 2) && is_number(command, "user_ns", 2e8) &&
	   is_number(command, "system_ns", 5e7) && is_number(command, "minor_faults", 20) &&
	   is_number(command, "major_faults", 2), "and its figures");
	json_decref(all);

	kernel.step = 100;
	run("--format", "json", "-r", "3", "-o", "-", "sh", "-c", "exit 0");
	all = parse();
	summary = json_object_get(json_object_get(all, "summary"), "cpu_ns");
	ok(json_array_size(json_object_get(all, "runs")) == 3 && is_number(summary, "mean", 2.1e9) &&
	   is_number(summary, "sd", 1e8) && is_number(summary, "min", 2e9) &&
	   is_number(summary, "max", 2.2e9), "several runs");
	json_decref(all);
	run("-j", "-o", "-", "sh", "-c", "kill -KILL $$");
	all = parse();
	one = json_array_get(json_object_get(all, "runs"), 0);
	ok(is_number(one, "exit_status", 137) && is_number(one, "signal", 9), "killed by a signal");
	json_decref(all);
}

/* A script that counts how often it runs, and the status it ends with. */
static const char *script(const char *end)
{
	static char text[PATH_MAX + 128];
	char path[PATH_MAX];

	tree_unlink("count");
	tree_path(path, "count");
	snprintf(text, sizeof(text), "echo x >>%.200s; n=$(grep -c x %.200s); %.50s", path, path, end);
	return text;
}

static int runs(void)
{
	char text[64] = "";

	slurp("count", text, sizeof(text));
	return strlen(text) / 2;
}

static void test_runs(void)
{
	reset();
	kernel.step = 100;
	run("-r", "3", "sh", "-c", script("exit 0"));
	ok(!status && runs() == 3, "-r 3");
	ok(says(err, ": 3 runs\n\n") && says(err,
	   "                               mean             sd            min            max\n") &&
	   says(err,
	   "              CPU /s       2.100000       0.100000       2.000000       2.200000\n") &&
	   says(err,
	   "        processes               4.0            0.0            4.0            4.0\n"),
	   "statistics");
	ok(says(err, "       1       1.100000       0.500000   76.2  sh\n"), "means by command");
	run("-r", "3", "sh", "-c", script("exit $((n == 2 ? 7 : 0))"));
	ok(status == 7 && runs() == 2, "the first failure ends it");
	ok(says(err, ": 2 runs: exit status 7\n") && says(err, "usertime run: ended after 2 of 3 runs"),
	   "which is said");
	run("-i", "-r", "3", "sh", "-c", script("exit $((n == 2 ? 7 : 0))"));
	ok(status == 7 && runs() == 3, "-i goes on, and the failure is not lost");
}

static void test_intervals(void)
{
	json_t *all, *intervals;

	reset();
	run("-I", "100ms", "-x,", "-o", "-", "sleep", "0.25");
	ok(!status && says(out, ",1450000000,ns,user,,,,\n") && says(out, ",550000000,ns,system,,,,\n") &&
	   says(out, ",0,,live_processes,,,,\n"), "intervals");
	ok(strtoull(out, NULL, 10) >= 100000000, "the time comes first");
	run("-I", "100ms", "-j", "-o", "-", "sleep", "0.25");
	all = parse();
	intervals = json_object_get(json_array_get(json_object_get(all, "runs"), 0), "intervals");
	ok(json_array_size(intervals) >= 1 &&
	   json_number_value(json_object_get(json_array_get(intervals, 0), "time_ns")) >= 1e8,
	   "they are in JSON");
	json_decref(all);
	run("-I", "100ms", "sleep", "0.25");
	ok(says(err, " s  user 1.450000 s  system 0.550000 s  processes 0\n"), "and in a table");
}

/* Sends itself a signal when the command runs. */
static int signalled_program(int argc, char **argv, const char *root)
{
	int ret;
	pid_t pid = fork();

	need(pid >= 0);
	if (!pid) {
		char path[PATH_MAX];

		tree_path(path, "ready");
		while (access(path, F_OK))
			usleep(1000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	ret = program(argc, argv, root);
	return ret;
}

static void test_signals(void)
{
	char path[PATH_MAX], command[PATH_MAX + 128];

	reset();
	tree_path(path, "ready");
	snprintf(command, sizeof(command),
		 "trap 'exit 9' TERM; : >%.200s; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done", path);
	tree_unlink("ready");
	run_program(signalled_program, "usertime run", (const char *const[]){ "sh", "-c", command,
									      NULL });
	ok(status == 9 && says(err, "exit status 9"), "a signal is passed on, and its end reported");
	tree_unlink("ready");
	run_program(signalled_program, "usertime run",
		    (const char *const[]){ "-i", "-r", "5", "sh", "-c", command, NULL });
	ok(status == 9 && says(err, "ended after 1 of 5 runs"), "it ends all runs");
	run("sh", "-c", "grep -c 'SigBlk:.0*$' /proc/self/status");
	is_text(out, "1\n", "the command has no signal blocked");
}

int main(void)
{
	tree_make();
	test_status();
	test_failures();
	test_usage();
	test_table();
	test_lost();
	test_csv();
	test_json();
	test_runs();
	test_intervals();
	test_signals();
	return tap_done();
}
