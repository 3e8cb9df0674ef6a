// SPDX-License-Identifier: GPL-2.0-only
/* lib/registry.c against real files with the module's text, and real failures of the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "lib/message.h"
#include "lib/registry.h"
#include "tree.h"

/* One that writes to a descriptor of the test's. */
#define ON(descriptor) (&(struct usertime_registry){ .fd = (descriptor), .proc = tree_root })

#define HEADER \
	"pid user_ns system_ns minor_faults major_faults threads start_ns holders state split looks command\n"

/* Datagrams: each write(2) is read on its own. */
static void test_one_write_per_line(void)
{
	char got[64];
	ssize_t n;
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	ok(!usertime_registry_add(ON(ends[0]), 1), "add succeeds");
	ok(!usertime_registry_add(ON(ends[0]), INT_MAX), "add of the largest PID succeeds");
	ok(!usertime_registry_remove(ON(ends[0]), 4711), "remove succeeds");

	need((n = read(ends[1], got, sizeof(got) - 1)) >= 0);
	got[n] = '\0';
	is_text(got, "R 1\n", "add writes R and the PID at once");
	need((n = read(ends[1], got, sizeof(got) - 1)) >= 0);
	got[n] = '\0';
	is_text(got, "R 2147483647\n", "the next add is a write of its own");
	need((n = read(ends[1], got, sizeof(got) - 1)) >= 0);
	got[n] = '\0';
	is_text(got, "U 4711\n", "remove writes U and the PID");
	close(ends[0]);
	close(ends[1]);
}

/* A file of the kernel that says ESRCH as soon as its process is gone. */
static void test_dead_process(void)
{
	char path[64];
	pid_t pid = fork();
	int fd;

	need(pid >= 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	need(fd >= 0 && !kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
	errno = 0;
	ok(usertime_registry_add(ON(fd), pid) == -1 && errno == ESRCH,
	   "the errno of write is kept");
	close(fd);
}

static int full_pipe[2];

static void drain(int signal)
{
	char page[65536];
	int error = errno;

	(void)signal;
	while (read(full_pipe[0], page, sizeof(page)) > 0)
		;
	errno = error;
}

/* A write that blocks until a signal interrupts it, whose handler makes room. */
static void test_interrupted(void)
{
	struct itimerval soon = { .it_value.tv_usec = 50000 }, never = { .it_value.tv_sec = 0 };
	struct sigaction action = { .sa_handler = drain }, before;	/* not SA_RESTART */
	char page[4096] = "";

	need(!pipe2(full_pipe, O_NONBLOCK | O_CLOEXEC) && !sigaction(SIGALRM, &action, &before));
	while (write(full_pipe[1], page, sizeof(page)) > 0)
		;
	need(!fcntl(full_pipe[1], F_SETFL, 0) && !setitimer(ITIMER_REAL, &soon, NULL));
	ok(!usertime_registry_add(ON(full_pipe[1]), 4711),
	   "a write that is interrupted is tried again");
	need(!setitimer(ITIMER_REAL, &never, NULL) && !sigaction(SIGALRM, &before, NULL));
	memset(page, 0, sizeof(page));
	need(read(full_pipe[0], page, sizeof(page) - 1) > 0);
	is_text(page, "R 4711\n", "and done once");
	close(full_pipe[0]);
	close(full_pipe[1]);
}

/* Forked, as the limit holds for the whole process. */
static void test_short_write(void)
{
	char path[PATH_MAX];
	int status;
	pid_t pid;

	tree_file("urt/status", "");
	tree_path(path, "urt/status");
	pid = fork();
	need(pid >= 0);
	if (!pid) {
		struct rlimit three = { 3, 3 };
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || setrlimit(RLIMIT_FSIZE, &three))
			_exit(2);
		_exit(usertime_registry_add(ON(fd), 4711) == -1 && errno == EIO ? 0 : 1);
	}
	need(waitpid(pid, &status, 0) == pid);
	ok(!status, "a write that is cut off is EIO, not a success");
}

static void test_open(const char *root)
{
	struct usertime_registry *registry;
	int fd;

	errno = 0;
	ok(!usertime_registry_open("/nonexistent") && errno == ENOENT,
	   "without the module open says ENOENT");
	tree_file("urt/status", "");
	registry = usertime_registry_open(root);
	need(registry);
	ok(fcntl(registry->fd, F_GETFD) == FD_CLOEXEC, "the descriptor closes on exec");
	errno = 42;
	usertime_registry_close(registry);
	usertime_registry_close(NULL);
	ok(errno == 42, "close leaves errno alone");

	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	errno = 0;
	ok(usertime_registry_add(ON(fd), 1) == -1 && errno == ENOSPC, "add gives ENOSPC as it is");
	close(fd);
	errno = 0;
	ok(usertime_registry_remove(ON(fd), 1) == -1 && errno == EBADF,
	   "remove of a closed one fails");
}

/* Everything that opens a file of the module looks which version it speaks. */
static void test_abi(const char *root)
{
	static const char *const others[] = { "", "abi", "abi \n", "abi 1", "abi 1x\n", "abi -1\n",
		"abi 0\n", "abi 2\n", "abi 18446744073709551617\n", "ABI 1\n", " abi 1\n",
		"targets 0\nabi 1\n" };
	unsigned int i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		tree_file("urt/stats", others[i]);
		errno = 0;
		ok(!usertime_registry_open(root) && errno == EPROTO, "version %u is refused", i);
	}
	tree_file("urt/stats", "abi 2\n");
	usertime_registry_open(root);
	is_text(usertime_message(), "the usertime module has version 2 of the interface,"
		" libusertime has 1: upgrade libusertime1", "a library that is older is named");
	tree_file("urt/stats", "targets 0\n");
	usertime_registry_open(root);
	is_text(usertime_message(), "the usertime module has version 0 of the interface,"
		" libusertime has 1: upgrade usertime-dkms", "a module that is older is named");
	errno = 0;
	tree_file("urt/detail", HEADER);
	ok(usertime_registry_list(root, NULL, NULL) == -1 && errno == EPROTO,
	   "list checks it, too");
	errno = 0;
	ok(usertime_registry_times(root, NULL, NULL) == -1 && errno == EPROTO, "so does times");
	tree_file("urt/stats", "abi 1\ntargets 0\n");
}

struct seen {
	unsigned int entries;
	unsigned int stop_after;	/* 0: never */
	char text[1024];
};

static int see(const struct usertime_registry_entry *e, void *data)
{
	struct seen *seen = data;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used,
		 "%d/%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64
		 "/%s/%c/%s;", (int)e->pid, e->user_ns, e->system_ns, e->minor_faults,
		 e->major_faults, e->threads, e->start_ns, e->holders, e->state, e->command);
	return ++seen->entries == seen->stop_after ? 42 : 0;
}

static int list(const char *root, const char *text, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	tree_file("urt/detail", text);
	errno = 0;
	return usertime_registry_list(root, see, seen);
}

static void test_list(const char *root)
{
	struct seen seen;

	ok(!list(root, HEADER, &seen) && !seen.entries, "an empty registry has no entries");
	ok(!list(root, HEADER
		 "1 22 333 4 5 6 7 0 S tick 0 systemd\n"
		 "4711 18446744073709551615 0 0 0 0 9 0,1000,65534 X tick 0 a b \\134 \\303\\244\n", &seen),
	   "two entries are read");
	is_text(seen.text,
		"1/22/333/4/5/6/7/0/S/systemd;"
		"4711/18446744073709551615/0/0/0/0/9/0,1000,65534/X/a b \\134 \\303\\244;",
		"all columns are as in the file, blanks of the command, too");
	ok(!list(root,
		 "user_ns new pid state system_ns holders threads minor_faults major_faults start_ns"
		 " later looks split command\n"
		 "22 x 1 S 333 0 6 4 5 7 y 61 precise c\n", &seen), "a later module may have more columns");
	is_text(seen.text, "1/22/333/4/5/6/7/0/S/c;", "columns are found by their names");
	ok(!list(root, HEADER "1 2 3 4 5 6 7 0 S tick 0 \n", &seen) && seen.entries == 1,
	   "a command may be empty");

	memset(&seen, 0, sizeof(seen));
	seen.stop_after = 2;
	tree_file("urt/detail", HEADER "1 2 3 4 5 6 7 0 S tick 0 a\n2 2 3 4 5 6 7 0 S tick 0 b\n"
		  "3 2 3 4 5 6 7 0 S tick 0 c\n");
	ok(usertime_registry_list(root, see, &seen) == 42 && seen.entries == 2,
	   "the visitor ends the list and gives its value");
}

static void test_list_failures(const char *root)
{
	static const struct {
		const char *what, *text;
	} bad[] = {
		{ "an empty file", "" },
		{ "a header without a name", "pid user_ns system_ns minor_faults major_faults threads "
		  "start_ns holders split looks command\n" },
		{ "a header whose last column is not the command", "command pid user_ns system_ns "
		  "minor_faults major_faults threads start_ns holders state split looks\n" },
		{ "a header without its newline", "pid user_ns system_ns minor_faults major_faults "
		  "threads start_ns holders state split looks command" },
		{ "a line cut off in a number", HEADER "1 2" },
		{ "a line cut off before its newline", HEADER "1 2 3 4 5 6 7 0 S tick 0 a" },
		{ "a line with columns missing", HEADER "1 2 3 4 5 6 7 S tick 0 a\n" },
		{ "an empty line", HEADER "\n" },
		{ "a word for a number", HEADER "1 x 3 4 5 6 7 0 S tick 0 a\n" },
		{ "a number that goes on as a word", HEADER "1 2x 3 4 5 6 7 0 S tick 0 a\n" },
		{ "a negative number", HEADER "1 -2 3 4 5 6 7 0 S tick 0 a\n" },
		{ "a number with a sign", HEADER "1 +2 3 4 5 6 7 0 S tick 0 a\n" },
		{ "a number above 64 bits", HEADER "1 18446744073709551616 3 4 5 6 7 0 S tick 0 a\n" },
		{ "a PID above 31 bits", HEADER "2147483648 2 3 4 5 6 7 0 S tick 0 a\n" },
		{ "two blanks for one", HEADER "1  2 3 4 5 6 7 0 S tick 0 a\n" },
		{ "a state of two letters", HEADER "1 2 3 4 5 6 7 0 SS tick 0 a\n" },
	};
	static const char nul[] = HEADER "1 2 3 4 5 6 7 0 S tick 0 a\0b\n";
	struct seen seen;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(list(root, bad[i].text, &seen) == -1 && errno == EPROTO && !seen.entries,
		   "%s is EPROTO", bad[i].what);
	tree_bytes("urt/detail", nul, sizeof(nul) - 1);
	errno = 0;
	ok(usertime_registry_list(root, see, &seen) == -1 && errno == EPROTO, "a NUL is EPROTO");
	ok(list(root, HEADER "1 2 3 4 5 6 7 0 S tick 0 a\nx\n", &seen) == -1 && seen.entries == 1,
	   "a bad line after a good one fails");

	tree_unlink("urt/detail");
	errno = 0;
	ok(usertime_registry_list(root, see, &seen) == -1 && errno == ENOENT,
	   "without the module list says ENOENT");
	tree_link("urt/detail", "/");
	errno = 0;
	ok(usertime_registry_list(root, see, &seen) == -1 && errno == EISDIR,
	   "an error while reading is kept");
	tree_unlink("urt/detail");
}

/* Every text with a byte cut off, added or changed is read or refused; the sanitizers watch. */
static void test_list_damaged(const char *root)
{
	static const char good[] = HEADER "1 22 333 4 5 6 7 0 S tick 0 systemd\n"
					  "4711 18446744073709551615 0 0 0 0 9 0,1 X tick 0 a b\n";
	static const char bytes[] = " \n\\09az-,\377";
	char text[sizeof(good)];
	unsigned int at, with, wrong = 0, refused = 0;
	struct seen seen;

	for (at = 0; at < sizeof(good) - 1; at++)
		for (with = 0; with < sizeof(bytes); with++) {
			int ret;

			memcpy(text, good, sizeof(good));
			text[at] = bytes[with];	/* the last one, NUL, cuts the text off */
			ret = list(root, text, &seen);
			refused += ret == -1 && errno == EPROTO;
			wrong += ret && !(ret == -1 && errno == EPROTO);
		}
	ok(!wrong && refused, "damaged text is read or EPROTO, nothing else (%u refused)", refused);
}

static int see_time(pid_t pid, uint64_t user, void *data)
{
	struct seen *seen = data;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%d/%" PRIu64 ";", (int)pid, user);
	return ++seen->entries == seen->stop_after ? -1 : 0;
}

static int times(const char *root, const char *text, struct seen *seen)
{
	memset(seen->text, 0, sizeof(seen->text));
	seen->entries = 0;
	tree_file("urt/status", text);
	errno = 0;
	return usertime_registry_times(root, see_time, seen);
}

static void test_times(const char *root)
{
	static const char *const bad[] = { "1", "1: 2", "\n", "1 2\n", "1:2\n", "1:  2\n", "1: 2 \n",
		": 2\n", "1: \n", "-1: 2\n", "1: -2\n", "x: 2\n", "1: 2x\n", "2147483648: 2\n",
		"1: 18446744073709551616\n", "1: 2: 3\n" };
	struct seen seen = { .entries = 0 };
	unsigned int i;

	ok(!times(root, "", &seen) && !seen.entries, "an empty registry has no times");
	ok(!times(root, "1: 0\n2147483647: 18446744073709551615\n", &seen), "times are read");
	is_text(seen.text, "1/0;2147483647/18446744073709551615;", "up to the largest numbers");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(times(root, bad[i], &seen) == -1 && errno == EPROTO && !seen.entries,
		   "bad line %u is EPROTO", i);
	ok(times(root, "1: 2\nx\n", &seen) == -1 && seen.entries == 1,
	   "a bad line after a good one fails");
	seen.stop_after = 1;
	ok(times(root, "1: 2\n3: 4\n", &seen) == -1 && !errno && seen.entries == 1,
	   "a visitor's -1 is its own: errno stays");
	seen.stop_after = 0;
	tree_unlink("urt/status");
	errno = 0;
	ok(usertime_registry_times(root, see_time, &seen) == -1 && errno == ENOENT,
	   "without the module times says ENOENT");
	tree_file("urt/status", "");
}

static void *tell_tid(void *data)
{
	int *pipes = data;
	pid_t tid = syscall(SYS_gettid);
	char byte;

	need(write(pipes[1], &tid, sizeof(tid)) == sizeof(tid));
	need(read(pipes[2], &byte, 1) == 0);
	return NULL;
}

/* With this process's own thread and the real /proc. */
static void test_explain_thread(void)
{
	int pipes[4];
	char want[128];
	pthread_t thread;
	pid_t tid;

	need(!pipe(pipes) && !pipe(pipes + 2));
	need(!pthread_create(&thread, NULL, tell_tid, pipes));
	need(read(pipes[0], &tid, sizeof(tid)) == sizeof(tid));
	snprintf(want, sizeof(want), "%d: a thread, not a process: its process is %d", (int)tid,
		 (int)getpid());
	usertime_explain_invalid_pid(NULL, tid);
	is_text(usertime_message(), want, "a thread's process is named");
	close(pipes[3]);
	need(!pthread_join(thread, NULL));
	close(pipes[0]);
	close(pipes[1]);
	close(pipes[2]);
}

/* How the kernel fails is made up; what is said of it is not. */
static const char *said(const char *root, bool removing, pid_t pid, const char *path)
{
	struct usertime_registry registry = {
		.fd = open(path, O_WRONLY | O_CLOEXEC),
		.proc = (char *)root,
	};

	need(registry.fd >= 0);
	if (removing)
		usertime_registry_remove(&registry, pid);
	else
		usertime_registry_add(&registry, pid);
	close(registry.fd);
	return usertime_message();
}

/* A file of the kernel that refuses these words with EINVAL, as the module does threads. */
#define REFUSES "/proc/self/oom_score_adj"

static void test_explain(const char *root)
{
	tree_dir("2");
	tree_file("2/status", "Name:\tkthreadd\nUmask:\t0000\nState:\tS (sleeping)\nTgid:\t2\n");
	tree_dir("4711");
	tree_file("4711/status", "Name:\tTgid:\nState:\tR (running)\nTgid:\t4700\nPid:\t4711\n");
	tree_dir("5");
	tree_file("5/status", "Name:\tx\nTgid:\tx\n");

	is_text(said(root, false, 2, REFUSES), "2: a kernel thread, which cannot be measured",
		"a kernel thread is told from a thread");
	is_text(said(root, false, 4711, REFUSES),
		"4711: a thread, not a process: its process is 4700",
		"a thread called Tgid: does not confuse");
	is_text(said(root, true, 5, REFUSES), "5: not a process that can be measured",
		"nothing is made up of a strange status");
	is_text(said(root, false, 6, REFUSES), "6: not a process that can be measured",
		"nothing is made up of a missing status");
	is_text(said(root, false, 7, "/dev/full"),
		"7: as many are measured as the module takes: its parameter max_targets",
		"ENOSPC names the limit");
	usertime_registry_open("/nonexistent");
	is_text(usertime_message(), "the usertime module is not loaded:"
		" 'usertime doctor' says why and what to do", "ENOENT of open");
	usertime_registry_times("/nonexistent", see_time, NULL);
	ok(strstr(usertime_message(), "is not loaded"), "ENOENT of times");
	test_explain_thread();
}

int main(void)
{
	const char *root = tree_make();

	tree_dir("urt");
	tree_file("urt/stats", "abi 1\n");
	test_one_write_per_line();
	test_dead_process();
	test_interrupted();
	test_short_write();
	test_open(root);
	test_abi(root);
	test_list(root);
	test_list_failures(root);
	test_list_damaged(root);
	test_times(root);
	test_explain(root);
	return tap_done();
}
