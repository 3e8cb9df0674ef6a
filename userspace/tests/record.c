// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime record, of a session that is made up (the linker's --wrap): it has the records it is
 * told to have, and its descriptor is a pipe.
 */
#define _GNU_SOURCE
#include <pty.h>
#include <signal.h>

#include "cli/command.h"
#include "lib/message.h"
#include "recordings.h"
#include "run.h"

#define A	"a.urt"

struct usertime_session *__wrap_usertime_session_open(const struct usertime_session_options *options);
void __wrap_usertime_session_close(struct usertime_session *session);
int __wrap_usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start);
ssize_t __wrap_usertime_session_peek(struct usertime_session *session,
				     const struct usertime_record **records);
int __wrap_usertime_session_consume(struct usertime_session *session, size_t count);
int __wrap_usertime_session_sample(struct usertime_session *session);
int __wrap_usertime_session_fd(const struct usertime_session *session);
void __wrap_usertime_session_drops(struct usertime_session *session, struct usertime_drops *drops);

/* The session; what is set before a run is what it is like, and it notes the rest in files. */
static struct {
	int open_errors[2];		/* of the first call and of the second */
	unsigned int opened;
	int add_error;
	int peek_error;
	struct usertime_record records[8], sample;
	size_t nr_records, nr_peeked;
	struct usertime_drops drops;
	int pipe[2];
	bool goes_on;			/* targets are left */
	int signal;			/* sent once this file is there, so often */
	const char *signal_file;
	int nr_signals;
} session;

static struct usertime_session *const the_session = (void *)&session;

static void note(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(const char *name, const char *format, ...)
{
	FILE *file = fopen(recording_path(name), "a");
	va_list args;

	need(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	need(!fclose(file));
}

static bool exists(const char *name)
{
	return !access(recording_path(name), F_OK);
}

struct usertime_session *__wrap_usertime_session_open(const struct usertime_session_options *options)
{
	int error = session.open_errors[session.opened++];

	note("opened", "%" PRIu64 " %u %u %u\n", options->period, options->ring, options->watermark,
	     options->flags);
	if (error) {
		usertime_set_message_errno(error, "no session");
		return NULL;
	}
	/* It is read all the time, so that nothing waits for a second. */
	need(!pipe(session.pipe) && write(session.pipe[1], "", 1) == 1);
	if (!session.goes_on)
		close(session.pipe[1]);
	return the_session;
}

void __wrap_usertime_session_close(struct usertime_session *closed)
{
	need(closed == the_session);
}

int __wrap_usertime_session_add(struct usertime_session *added, pid_t pid, uint64_t *start)
{
	need(added == the_session && !start);
	if (session.add_error) {
		usertime_set_message_errno(session.add_error, "not added");
		return -1;
	}
	note("added", "%s\n", pid == 5 ? "5" : "another");
	return 0;
}

ssize_t __wrap_usertime_session_peek(struct usertime_session *peeked,
				     const struct usertime_record **records)
{
	need(peeked == the_session);
	if (session.peek_error) {
		usertime_set_message_errno(session.peek_error, "no records");
		return -1;
	}
	/* Two of them at once would be one. */
	if (session.nr_peeked == session.nr_records && session.nr_signals &&
	    exists(session.signal_file)) {
		session.nr_signals--;
		kill(getpid(), session.signal);
	}
	*records = session.records + session.nr_peeked;
	return session.nr_records - session.nr_peeked;
}

int __wrap_usertime_session_consume(struct usertime_session *consumed, size_t count)
{
	need(consumed == the_session && session.nr_peeked + count <= session.nr_records);
	session.nr_peeked += count;
	return 0;
}

int __wrap_usertime_session_sample(struct usertime_session *sampled)
{
	need(sampled == the_session);
	if (session.sample.type)
		session.records[session.nr_records++] = session.sample;
	return 0;
}

int __wrap_usertime_session_fd(const struct usertime_session *asked)
{
	need(asked == the_session);
	return session.pipe[0];
}

void __wrap_usertime_session_drops(struct usertime_session *asked, struct usertime_drops *drops)
{
	need(asked == the_session);
	*drops = session.drops;
}

#define record(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ "record", __VA_ARGS__ })

static char path_of_a[PATH_MAX], foreign[PATH_MAX], none[PATH_MAX];

/* A process that was there, sampled once; it has exited if nothing goes on. */
static void begin(bool goes_on)
{
	tree_empty();
	memset(&session, 0, sizeof(session));
	session.goes_on = goes_on;
	session.signal_file = "";
	session.records[0] = RECORD(SAMPLE, 5, OLD, 0, USED(10, 20, 3, 0));
	session.records[1] = RECORD(EXIT, 5, OLD, 1, USED(11, 21, 3, 0));
	session.nr_records = goes_on ? 1 : 2;
	session.sample = RECORD(SAMPLE, 5, OLD, 2, USED(12, 22, 3, 0));
	tree_parents("proc/5/comm");
	tree_file("proc/5/comm", "worker\n");
	tree_file("proc/5/stat", "5 (worker) S 1 5 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n");
}

/* A message, until the next one. */
static const char *said(const char *format, const char *what)
{
	static char message[PATH_MAX + 128];

	snprintf(message, sizeof(message), format, what);
	return message;
}

static void is_file(const char *name, const char *want, const char *what)
{
	char text[1024];

	slurp(name, text, sizeof(text));
	is_text(text, want, what);
}

static void ended(int want, const char *message, const char *name)
{
	ok(status == want && !*out, "%s: status %d", name, status);
	is_text(err, message, name);
}

static void test_processes(void)
{
	begin(false);
	record("-p", "5", "-I", "20ms", "-o", path_of_a, NULL);
	ended(0, "", "a process until it exits");
	is_file("opened", "20000000 65536 4096 0\n", "with a large ring");
	is_file("added", "5\n", "it is added");
	is_text(query(A, "SELECT user, system, kind FROM sample"), "10|20|1\n11|21|2", "its records");
	is_text(query(A, "SELECT pid, command, unit FROM processes"), "5|worker|", "its name");
	ok(!strncmp(query(A, "SELECT complete, period, command FROM session"),
		    "1|20000000|usertime record -p 5 -I 20ms -o /tmp/", 44), "the session");

	record("-C", "worker", "-d", "1ms", "-o", path_of_a, NULL);
	ended(0, "", "by name, for a while");
	is_text(query(A, "SELECT count(*) FROM session"), "2", "appended to what there was");

	begin(true);
	record("-p", "5", "-d", "30ms", "-f", "-o", path_of_a, NULL);
	ended(0, "", "a process for a while");
	is_file("opened", "50000000 65536 4096 1\n", "by default each 50 ms; followed");
	is_text(query(A, "SELECT user, system, kind FROM sample"), "10|20|1\n12|22|1",
		"at the end there is one more sample");
}

static void here(void)
{
	need(!chdir(tree_root));
}

static void test_output(void)
{
	begin(false);
	prepare = here;
	record("-p", "5", NULL);
	ended(0, "", "without -o");
	is_text(query("usertime.urt", "SELECT count(*) FROM sample"), "2", "the file is usertime.urt");

	begin(false);
	tree_file("foreign", "mine\n");
	record("-p", "5", "-o", foreign, NULL);
	ended(1, said("usertime record: %s: not a recording: choose another file\n",
		      foreign), "another file");
	is_file("foreign", "mine\n", "is not touched");
	record("-o", foreign, "--", "touch", "ran", NULL);
	ok(status == 125 && !exists("ran"), "then no command is executed");
}

static void test_session_errors(void)
{
	begin(false);
	session.open_errors[0] = EDQUOT;
	record("-p", "5", "-o", path_of_a, NULL);
	ended(0, "", "a large ring is refused");
	is_file("opened", "50000000 65536 4096 0\n50000000 0 0 0\n", "then one that is allowed does");

	begin(false);
	session.open_errors[0] = ENOENT;
	record("-p", "5", "-o", path_of_a, NULL);
	ended(1, "usertime record: no session: No such file or directory\n", "no module");
	ok(!exists(A), "then there is no file");
	record("-o", path_of_a, "true", NULL);
	ended(125, "usertime record: no session: No such file or directory\n", "the same of a command");

	begin(false);
	session.add_error = EDQUOT;
	record("-o", path_of_a, "true", NULL);
	ended(125, "usertime record: not added: Disk quota exceeded\n", "a command that is no target");
	ok(!exists(A), "then there is no file");
	record("-p", "5", "-o", path_of_a, NULL);
	ended(1, "usertime record: not added: Disk quota exceeded\n", "a process that is none");

	begin(true);
	session.peek_error = EIO;
	record("-p", "5", "-o", path_of_a, NULL);
	ended(1, "usertime record: no records: Input/output error\n", "records that cannot be read");
}

static void test_command(void)
{
	begin(false);
	record("-o", path_of_a, "--", "sh", "-c", "exit 7", NULL);
	ended(7, "", "a command's status");
	is_file("added", "another\n", "which is the target");
	record("-o", path_of_a, "sh", "-c", "kill -KILL $$", NULL);
	ended(137, "", "a signal that ends it; its options are its own");
	record("-o", path_of_a, none, NULL);
	ended(127, said("usertime record: %s: No such file or directory\n", none),
	      "a command that is not there");
	record("-o", path_of_a, tree_root, NULL);
	ended(126, said("usertime record: %s: Permission denied\n", tree_root),
	      "one that cannot be executed");
	is_text(query(A, "SELECT substr(command, -22) FROM session LIMIT 1"),
		".urt -- sh -c 'exit 7'", "what was asked is quoted");
}

static void test_signals(void)
{
	char pid[32];

	begin(true);
	session.signal = SIGTERM;
	session.nr_signals = 1;
	record("-p", "5", "-o", path_of_a, NULL);
	ended(0, "", "a signal ends it");
	is_text(query(A, "SELECT complete, (SELECT count(*) FROM sample) FROM session"), "1|2",
		"cleanly");

	begin(true);
	session.signal = SIGTERM;
	session.signal_file = "ready";
	session.nr_signals = 1;
	prepare = here;
	record("-o", path_of_a, "-d", "300ms", "sh", "-c",
	       "trap 'exit 9' TERM; touch ready; while :; do sleep 0.02; done", NULL);
	ended(9, "", "with a command the signal is the command's");

	begin(true);
	session.signal = SIGINT;
	session.signal_file = "ready";
	session.nr_signals = 2;
	prepare = here;
	record("-o", path_of_a, "sh", "-c",
	       "trap '' INT; echo $$ >pid; touch ready; exec sleep 20", NULL);
	ended(125, "usertime record: sh is left running\n", "but the second ends it all");
	slurp("pid", pid, sizeof(pid));
	need(!kill(atoi(pid), SIGKILL));
	is_text(query(A, "SELECT complete FROM session"), "1", "cleanly, too");
}

static void test_limits(void)
{
	begin(true);
	record("-p", "5", "-o", path_of_a, "--max-size", "4K", NULL);
	ended(0, "usertime record: the recording has reached its --max-size\n", "the size of the file");

	begin(false);
	session.drops = (struct usertime_drops){ 1, 2, 1500000000, 500000, 3, 4, 5, { 0 } };
	record("-p", "5", "-o", path_of_a, NULL);
	ended(0,
	      "usertime record: 5 periods have no sample: record fewer processes or with a longer -I\n"
	      "usertime record: 1 samples are lost, no totals: record fewer processes or with a longer"
	      " -I\n"
	      "usertime record: the exits of 2 processes are lost, with 1.500500 s of CPU time since"
	      " they were forked\n"
	      "usertime record: 3 forks and new names are lost\n"
	      "usertime record: 4 processes could not be followed: a limit was reached, see"
	      " usertime(4)\n", "what was lost");
	is_text(query(A, "SELECT missed_periods, lost_samples, lost_exits, lost_exit_user,"
		      " lost_exit_system, lost_events, lost_children FROM session"),
		"5|1|2|1500000000|500000|3|4", "is in the recording");
}

static int terminal;

static void on_terminal(void)
{
	need(dup2(terminal, STDERR_FILENO) == STDERR_FILENO);
}

/* What was shown on the terminal, in as many pieces as it comes; that it is closed ends it. */
static void read_terminal(int master, char *shown, size_t room)
{
	size_t size = 0;
	ssize_t n;

	close(terminal);
	while (size < room - 1 && (n = read(master, shown + size, room - 1 - size)) > 0)
		size += n;
	shown[size] = '\0';
}

static void test_progress(void)
{
	char shown[4096];
	int master;

	begin(true);
	need(!openpty(&master, &terminal, NULL, NULL, NULL));
	prepare = on_terminal;
	record("-p", "5", "-o", path_of_a, "-d", "1500ms", NULL);
	read_terminal(master, shown, sizeof(shown));
	ok(strstr(shown, "\r\033[K0:00:01, 1 processes, 1 records, 28.0 K, 0 lost"),
	   "on a terminal there is progress");
	ok(strstr(shown, ", 2 records, 28.0 K, 0 lost\r\n"), "and what it came to");
	close(master);
}

static void wrong(const char *message, const char *name)
{
	char *line = strchr(err, '\n');

	if (line)
		line[1] = '\0';
	ok(status == 2 && !*out, "%s is wrong usage", name);
	is_text(err, said("usertime record: %s\n", message), name);
}

static void test_usage(void)
{
	begin(false);
	record(NULL);
	wrong("nothing to record: name processes or a command", "nothing");
	record("-p", "5", "true", NULL);
	wrong("name processes or a command, not both", "both");
	record("-p", "5", "-o", "-", NULL);
	wrong("a recording is a file: name one with -o", "standard output");
	record("-I", "50", "-p", "5", NULL);
	wrong("50: needs a unit: ns, us, ms, s, m, h or d, as in 50ms or 2s", "a bare number");
	record("--max-size", "1X", "-p", "5", NULL);
	wrong("1X: not a size in bytes as 4096, 64K, 10M or 1G", "a wrong size");
	ok(!exists("opened"), "for which there is no session");
	record("--help", NULL);
	ok(!status && !*err && strstr(out, "usertime record -f -o build.urt -- make -j8\n"),
	   "help has examples");
}

int main(void)
{
	tree_make();
	tree_path(path_of_a, A);
	tree_path(foreign, "foreign");
	tree_path(none, "none");
	test_processes();
	test_output();
	test_session_errors();
	test_command();
	test_signals();
	test_limits();
	test_progress();
	test_usage();
	return tap_done();
}
