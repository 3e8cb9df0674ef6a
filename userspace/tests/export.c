// SPDX-License-Identifier: GPL-2.0-only
/* usertime export: the sums, their text, the file, and the words that are refused. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/command.h"
#include "cli/export/exposition.h"
#include "cli/export/labels.h"
#include "cli/export/notify.h"
#include "cli/export/replace.h"
#include "run.h"

#define S 1000000000ULL

/* What the machine would say of the processes whose parents are no targets. */
static bool command_of(void *data, pid_t pid, char name[16])
{
	(void)data;
	strcpy(name, pid == 20 ? "worker" : "sh");
	return pid != 99;
}

static const char *unit_of(void *data, pid_t pid)
{
	(void)data;
	return pid == 20 ? "web.service" : "";
}

static struct metrics *make(struct metrics_options options)
{
	struct metrics *metrics;

	if (!options.max_groups)
		options.max_groups = 100;
	options.command = command_of;
	options.unit = unit_of;
	metrics = metrics_new(&options);
	metrics_look(metrics, 10 * S);
	metrics_look(metrics, 11 * S);
	return metrics;
}

#define MAKE(...) make((struct metrics_options){ __VA_ARGS__ })

/* Processes are forked at PID seconds. */
static struct usertime_record record(enum usertime_record_type type, pid_t pid)
{
	return (struct usertime_record){ .type = type, .pid = pid, .start = pid * S, .time = 100 * S };
}

static void values(struct metrics *metrics, enum usertime_record_type type, pid_t pid, uint64_t user,
		   uint64_t system)
{
	struct usertime_record r = record(type, pid);

	r.user = user;
	r.system = system;
	r.minor_faults = user / S;
	r.major_faults = system / S;
	r.threads = type == USERTIME_RECORD_SAMPLE ? 2 : 1;
	metrics_take(metrics, &r);
}

static void sample(struct metrics *metrics, pid_t pid, uint64_t user, uint64_t system)
{
	values(metrics, USERTIME_RECORD_SAMPLE, pid, user, system);
}

static void ends(struct metrics *metrics, pid_t pid, uint64_t user, uint64_t system)
{
	values(metrics, USERTIME_RECORD_EXIT, pid, user, system);
}

static void forks(struct metrics *metrics, pid_t parent, pid_t pid)
{
	struct usertime_record r = record(USERTIME_RECORD_FORK, pid);

	r.parent_pid = parent;
	r.parent_start = parent * S;
	metrics_take(metrics, &r);
}

static void executes(struct metrics *metrics, pid_t pid, const char *name)
{
	struct usertime_record r = record(USERTIME_RECORD_EXEC, pid);

	need(strlen(name) < sizeof(r.name));
	strcpy(r.name, name);
	metrics_take(metrics, &r);
}

static const struct metrics_group none;

static const struct metrics_group *group(struct metrics *metrics, const char *command)
{
	struct metrics_group **groups;
	size_t nr = metrics_groups(metrics, &groups);

	while (nr--)
		if (!strcmp(groups[nr]->command, command))
			return groups[nr];
	return &none;
}

static size_t nr_processes(struct metrics *metrics)
{
	struct metrics_process **processes;

	return metrics_processes(metrics, &processes);
}

/* That many seconds of user time, alive, and exited ones. */
#define IS(name, seconds, alive, exited, text)						\
	ok(group(metrics, name)->used.user == (seconds) * S &&				\
	   group(metrics, name)->processes == (alive) && group(metrics, name)->exits == (exited), \
	   "%s (%g s, %d alive, %d exited)", text, group(metrics, name)->used.user / 1e9,	\
	   (int)group(metrics, name)->processes, (int)group(metrics, name)->exits)

static void test_sums(void)
{
	struct metrics *metrics = MAKE(0);

	sample(metrics, 5, 7 * S, 3 * S);
	IS("sh", 0, 1, 0, "what a process used before it was a target does not count");
	sample(metrics, 5, 9 * S, 4 * S);
	IS("sh", 2, 1, 0, "what it uses then does");
	ok(group(metrics, "sh")->used.system == S, "system time, too");
	ok(group(metrics, "sh")->used.minor == 2 && group(metrics, "sh")->used.major == 1, "and faults");
	ok(group(metrics, "sh")->threads == 2, "threads are those of the last sample");

	sample(metrics, 20, 5 * S, 0);
	IS("worker", 5, 1, 0, "a process that was forked after the last look counts from its beginning");
	is_text(group(metrics, "worker")->unit, "web.service", "its group has its unit");

	ends(metrics, 5, 10 * S, 4 * S);
	IS("sh", 3, 0, 1, "a process that exits leaves what it used");
	ok(!group(metrics, "sh")->threads, "but no threads");
	sample(metrics, 5, 8 * S, 0);
	IS("sh", 3, 1, 1, "nothing ever falls");
	metrics_free(metrics);
}

static void test_age(void)
{
	struct metrics *metrics = MAKE(0);

	metrics_look(metrics, 30 * S);
	metrics_look(metrics, 31 * S);
	sample(metrics, 15, S, 0);
	IS("sh", 0, 1, 0, "an old process that was not meant before counts from now on");
	sample(metrics, 21, 2 * S, 0);
	IS("sh", 2, 2, 0, "a young one from its beginning");
	metrics_look(metrics, 90 * S);
	sample(metrics, 32, 4 * S, 0);
	IS("sh", 6, 3, 0, "so does one that came since the last look, however long that is ago");
	metrics_free(metrics);
}

static void test_descendants(void)
{
	struct metrics *metrics = MAKE(0);

	sample(metrics, 20, 0, 0);
	forks(metrics, 20, 21);
	IS("worker", 0, 2, 0, "a child is one of its parent's");
	ok(group(metrics, "worker")->threads == 3, "with a thread");
	forks(metrics, 20, 21);
	IS("worker", 0, 2, 0, "once");
	ends(metrics, 21, S, 0);
	IS("worker", 1, 1, 1, "one that was never sampled counts all the same");

	forks(metrics, 20, 22);
	sample(metrics, 22, 2 * S, 0);
	executes(metrics, 22, "cc1");
	IS("worker", 3, 1, 1, "who executes another program leaves what it used there");
	ends(metrics, 22, 5 * S, 0);
	IS("cc1", 3, 0, 1, "and uses on with the new name");
	is_text(group(metrics, "cc1")->unit, "web.service", "and the unit of before");
	IS("worker", 3, 1, 1, "the old name's sums stay");

	/* Records were lost. */
	forks(metrics, 77, 30);
	IS("sh", 0, 1, 0, "the child of an unknown parent is asked for its name");
	ends(metrics, 99, S, 0);
	IS("[unknown]", 1, 0, 1, "one that is gone has none, but counts");
	executes(metrics, 40, "ld");
	sample(metrics, 40, S, 0);
	IS("ld", 1, 1, 0, "one that is first seen as it executes a program");
	metrics_free(metrics);
}

static void test_old_exec(void)
{
	struct metrics *metrics = MAKE(0);

	executes(metrics, 5, "ld");
	sample(metrics, 5, 7 * S, 0);
	IS("ld", 0, 1, 0, "an exec before the first sample makes no process younger");
	metrics_free(metrics);

	metrics = MAKE(.whole = true);
	sample(metrics, 5, 7 * S, 0);
	IS("sh", 7, 1, 0, "the whole life, if that is wanted");
	metrics_free(metrics);
}

static bool all_gone(pid_t pid)
{
	return pid != 20;
}

static void test_lost_exits(void)
{
	struct metrics *metrics = MAKE(0);

	sample(metrics, 20, 0, 0);
	forks(metrics, 20, 21);
	sample(metrics, 21, S, 0);
	metrics_look(metrics, 12 * S);
	metrics_forget_gone(metrics, S, all_gone);
	IS("worker", 1, 2, 0, "who has just been seen is not taken for gone: the EXIT may come yet");
	metrics_look(metrics, 13 * S);
	metrics_forget_gone(metrics, S, all_gone);
	IS("worker", 1, 1, 1, "who is gone, without an EXIT, has exited");
	ok(nr_processes(metrics) == 1, "and is forgotten");
	metrics_free(metrics);
}

static void test_bounds(void)
{
	struct metrics *metrics = MAKE(.max_groups = 3);
	char name[16];
	int i;

	sample(metrics, 20, 0, 0);
	for (i = 100; i < 5100; i++) {
		forks(metrics, 20, i);
		snprintf(name, sizeof(name), "%d", i);
		executes(metrics, i, name);
		ends(metrics, i, S, 0);
	}
	IS("101", 1, 0, 1, "groups are made up to the limit");
	IS("102", 0, 0, 0, "but not beyond");
	IS("other", 4998, 0, 4998, "all others are one");
	ok(nr_processes(metrics) == 1, "those that have exited take no memory");
	forks(metrics, 20, 50);
	executes(metrics, 50, "101");
	IS("101", 1, 1, 1, "names that have a group keep it");
	executes(metrics, 50, "other");
	IS("101", 1, 0, 1, "a program of the name 'other'");
	IS("other", 4998, 1, 4998, "is one of the others");
	metrics_free(metrics);

	metrics = MAKE(.keep = 300 * S);
	sample(metrics, 20, 0, 0);
	for (i = 100; i < 5100; i++) {
		forks(metrics, 20, i);
		ends(metrics, i, S, 0);
	}
	ok(nr_processes(metrics) == 1001, "however many exit, 1000 are remembered");
	metrics_expire(metrics, 400 * S);
	ok(nr_processes(metrics) == 1001, "for the time that is wanted");
	metrics_expire(metrics, 401 * S);
	ok(nr_processes(metrics) == 1, "and no longer");
	metrics_free(metrics);
}

static const char *printed(const struct exposition *exposition)
{
	static char text[8192];
	FILE *file = fmemopen(text, sizeof(text), "w");

	need(file);
	exposition_print(file, exposition);
	need(!fclose(file));
	return text;
}

#define HEAD(name, type, help) "# HELP " name " " help "\n# TYPE " name " " type "\n"

#define SELF										\
	HEAD("usertime_export_info", "gauge", "Which version exports this.")		\
	"usertime_export_info{version=\"" USERTIME_VERSION "\"} 1\n"			\
	HEAD("usertime_export_cpu_seconds_total", "counter", "CPU time of the exporter itself.") \
	"usertime_export_cpu_seconds_total{mode=\"user\"} 1.500000000\n"		\
	"usertime_export_cpu_seconds_total{mode=\"system\"} 0.000000001\n"		\
	HEAD("usertime_export_groups", "gauge", "Pairs of command and unit.")		\
	"usertime_export_groups 2\n"							\
	HEAD("usertime_export_refused_processes", "gauge",				\
	     "Processes that were meant, but may not be observed.")			\
	"usertime_export_refused_processes 9\n"						\
	HEAD("usertime_export_look_failures_total", "counter",				\
	     "Times that looking for new processes failed.")				\
	"usertime_export_look_failures_total 10\n"					\
	HEAD("usertime_export_lost_records_total", "counter",				\
	     "Records that found no room in the ring.")					\
	"usertime_export_lost_records_total{type=\"sample\"} 1\n"			\
	"usertime_export_lost_records_total{type=\"exit\"} 2\n"				\
	"usertime_export_lost_records_total{type=\"event\"} 3\n"			\
	HEAD("usertime_export_lost_exit_cpu_seconds_total", "counter",			\
	     "CPU time, since they were forked, of the processes whose exit records were lost.") \
	"usertime_export_lost_exit_cpu_seconds_total{mode=\"user\"} 4.000000000\n"	\
	"usertime_export_lost_exit_cpu_seconds_total{mode=\"system\"} 5.000000000\n"	\
	HEAD("usertime_export_unfollowed_processes_total", "counter",			\
	     "Processes that were forked and could not be followed.")			\
	"usertime_export_unfollowed_processes_total 6\n"				\
	HEAD("usertime_export_missed_periods_total", "counter", "Periods without a sample.") \
	"usertime_export_missed_periods_total 7\n"					\
	HEAD("usertime_export_write_failures_total", "counter",				\
	     "Times that this could not be written.")					\
	"usertime_export_write_failures_total 8\n"

static struct exposition two_groups(struct metrics *metrics)
{
	sample(metrics, 20, 2 * S, 1);
	sample(metrics, 12, 0, 0);
	executes(metrics, 12, "a\"\\\n\xc3\xbc\xff");
	sample(metrics, 12, 3 * S, 0);
	return (struct exposition){
		.metrics = metrics, .user = 1500000000, .system = 1, .refused = 9, .look_failures = 10,
		.failures = 8,
		.drops = { .samples = 1, .exits = 2, .events = 3, .exits_user = 4 * S,
			   .exits_system = 5 * S, .children = 6, .missed_periods = 7 },
	};
}

/* The odd name as a value; no 'other', which is empty. */
#define ODD "command=\"a\\\"\\\\\\n\xc3\xbc\xef\xbf\xbd\",unit=\"\""
#define WORKER "command=\"worker\",unit=\"web.service\""

static void test_text(void)
{
	struct metrics *metrics = MAKE(0);
	struct exposition exposition = two_groups(metrics);

	is_text(printed(&exposition),
		HEAD("usertime_process_cpu_seconds_total", "counter",
		     "CPU time of the processes, those that have exited included.")
		"usertime_process_cpu_seconds_total{" ODD ",mode=\"user\"} 3.000000000\n"
		"usertime_process_cpu_seconds_total{" ODD ",mode=\"system\"} 0.000000000\n"
		"usertime_process_cpu_seconds_total{" WORKER ",mode=\"user\"} 2.000000000\n"
		"usertime_process_cpu_seconds_total{" WORKER ",mode=\"system\"} 0.000000001\n"
		HEAD("usertime_process_faults_total", "counter",
		     "Page faults of the processes: major ones needed I/O.")
		"usertime_process_faults_total{" ODD ",kind=\"minor\"} 3\n"
		"usertime_process_faults_total{" ODD ",kind=\"major\"} 0\n"
		"usertime_process_faults_total{" WORKER ",kind=\"minor\"} 2\n"
		"usertime_process_faults_total{" WORKER ",kind=\"major\"} 0\n"
		HEAD("usertime_process_exits_total", "counter", "Processes that have exited.")
		"usertime_process_exits_total{" ODD "} 0\n"
		"usertime_process_exits_total{" WORKER "} 0\n"
		HEAD("usertime_processes", "gauge", "Processes that are alive.")
		"usertime_processes{" ODD "} 1\n"
		"usertime_processes{" WORKER "} 1\n"
		HEAD("usertime_threads", "gauge", "Threads of the processes that are alive.")
		"usertime_threads{" ODD "} 2\n"
		"usertime_threads{" WORKER "} 2\n"
		SELF, "Prometheus's text");
	exposition.drops.missed_periods = USERTIME_UNKNOWN;
	ok(!strstr(printed(&exposition), "\nusertime_export_missed_periods_total "),
	   "what is not known is left out");
	metrics_free(metrics);
}

/* What is printed begins so, somewhere; the line that is there. */
static void has(const char *text, const char *line)
{
	ok(strstr(text, line), "has %.*s", (int)strcspn(line, "\n"), line);
}

static void test_openmetrics(void)
{
	struct metrics *metrics = MAKE(0);
	struct exposition exposition = two_groups(metrics);
	const char *text, *end;

	exposition.openmetrics = true;
	text = printed(&exposition);
	has(text, "# HELP usertime_process_cpu_seconds CPU time of the processes, those that have exited"
		  " included.\n# TYPE usertime_process_cpu_seconds counter\n"
		  "# UNIT usertime_process_cpu_seconds seconds\nusertime_process_cpu_seconds_total{");
	has(text, "# TYPE usertime_processes gauge\nusertime_processes{");
	end = strstr(text, "# EOF\n");
	ok(end && !end[6], "ends with its mark");
	metrics_free(metrics);
}

static void test_pids(void)
{
	struct metrics *metrics = MAKE(.keep = 300 * S);
	struct exposition exposition = { .metrics = metrics, .per_pid = true };
	struct usertime_record again = record(USERTIME_RECORD_SAMPLE, 5);
	const char *text;

	sample(metrics, 5, 7 * S, 0);
	ends(metrics, 5, 8 * S, 0);
	text = printed(&exposition);
	has(text, "\nusertime_pid_cpu_seconds_total{pid=\"5\",command=\"sh\",unit=\"\",mode=\"user\"} 8.000000000\n");
	has(text, "\nusertime_pid_faults_total{pid=\"5\",command=\"sh\",unit=\"\",kind=\"minor\"} 8\n");
	has(text, "\nusertime_process_cpu_seconds_total{command=\"sh\",unit=\"\",mode=\"user\"} 1.000000000\n");
	again.start = 30 * S;
	again.user = S;
	metrics_take(metrics, &again);
	text = printed(&exposition);
	has(text, "\nusertime_pid_cpu_seconds_total{pid=\"5\",command=\"sh\",unit=\"\",mode=\"user\"} 1.000000000\n");
	ok(!strstr(text, "mode=\"user\"} 8"), "a PID that is used again is one series");
	exposition.per_pid = false;
	ok(!strstr(printed(&exposition), "usertime_pid"), "only if they are wanted");
	metrics_free(metrics);
}

static void test_values(void)
{
	char *a = label_value("x\xfe"), *b = label_value("x\xff");

	is_text(a, "x\xef\xbf\xbd", "bytes that are not UTF-8");
	is_text(b, a, "names that differ in these only have one value");
	free(a);
	free(b);
}

static void print_text(FILE *file, const void *data)
{
	fputs(data, file);
}

static int files_there(void)
{
	int nr = 0;
	DIR *dir = opendir(tree_root);

	need(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr - 2;
}

static void test_files(void)
{
	char path[PATH_MAX], text[64];
	struct stat before, after;

	tree_empty();
	tree_path(path, "file.prom");
	ok(replace_file(path, print_text, "one\n") && !stat(path, &before), "a file is made");
	ok((before.st_mode & 07777) == 0644, "that all may read");
	ok(replace_file(path, print_text, "two\n") && !stat(path, &after), "and replaced");
	ok(before.st_ino != after.st_ino, "by another one");
	slurp("file.prom", text, sizeof(text));
	is_text(text, "two\n", "which has the new text");
	ok(files_there() == 1, "and nothing lies beside it");

	ok(!replace_file("/nonexistent/file.prom", print_text, "") && errno == ENOENT, "no directory");
	need(!unlink(path) && !mkdir(path, 0755));
	ok(!replace_file(path, print_text, "") && errno == EISDIR, "a directory is in the way");
	ok(files_there() == 1, "nothing is left of what could not be done");
}

/* A disk that is full: files may not be larger than nothing. */
static void limit_files(void)
{
	struct rlimit limit = { 0, 0 };

	need(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && !setrlimit(RLIMIT_FSIZE, &limit));
}

static int write_limited(int argc, char **argv, const char *root)
{
	char path[PATH_MAX];

	(void)argc;
	(void)argv;
	(void)root;
	limit_files();
	tree_path(path, "full.prom");
	return replace_file(path, print_text, "new\n") ? 0 : errno == EFBIG ? 3 : 4;
}

static void test_full_disk(void)
{
	static const char *const no_words[] = { NULL };
	char text[64];

	tree_empty();
	tree_file("full.prom", "old\n");
	run_program(write_limited, "", no_words);
	ok(status == 3, "a write that fails is noticed");
	slurp("full.prom", text, sizeof(text));
	is_text(text, "old\n", "the old file stays");
	ok(files_there() == 3, "beside what the run said there is nothing else");
}

static void test_notify(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char got[64] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	tree_empty();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", tree_root);
	need(fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)));
	unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
	ok(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) < 0, "nobody is told who does not want it");
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	notify("READY=1");
	ok(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) == 7, "the service manager is told");
	is_text(got, "READY=1", "that all is ready");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

static void refused(const char *message, const char *const *words)
{
	char wanted[1024];

	run_program(usertime_cli, "usertime", words);
	snprintf(wanted, sizeof(wanted), "usertime export: %s", message);
	/* What follows is argp's hint. */
	err[strcspn(err, "\n")] = '\0';
	is_text(err, wanted, message);
	ok(status == 2 && !*out, "is a usage error");
}

#define REFUSED(message, ...) refused(message, (const char *const []){ "export", __VA_ARGS__, NULL })

static void test_words(void)
{
	tree_empty();
	REFUSED("name what to export with -p, -C, -u or --unit", "-I", "1s");
	REFUSED("15: needs a unit: ns, us, ms, s, m, h or d, as in 50ms or 2s", "-p", "1", "-I", "15");
	REFUSED("99ms: must be 100ms or more", "-p", "1", "-I", "99ms");
	REFUSED("-o -: only with --once", "-p", "1", "-o", "-");
	REFUSED("0: not a number from 1 on", "-p", "1", "--max-groups", "0");
}

int main(void)
{
	tree_make();
	test_sums();
	test_age();
	test_descendants();
	test_old_exec();
	test_lost_exits();
	test_bounds();
	test_text();
	test_openmetrics();
	test_pids();
	test_values();
	test_files();
	test_full_disk();
	test_notify();
	test_words();
	return tap_done();
}
