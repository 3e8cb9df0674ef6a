// SPDX-License-Identifier: GPL-2.0-only
/*
 * A coverage-guided fuzzer for all that users can say to the modules: usage: fuzz SECONDS [SEED]
 * [CORPUS]. An input is a string of bytes, read as a sequence of calls: what is written to the files of
 * /proc/urt and of the courses, ioctls, mappings, children that are born and die meanwhile. Inputs that
 * reach code of the modules that none has reached before (the kernel's CONFIG_KCOV tells; only they are
 * instrumented)
 * are kept, and changed at random to make new ones. The corpus is a file of them, a line of hexadecimal
 * digits each; at the end those that were kept are printed in the same form, after "corpus: ".
 *
 * What counts as a finding is a report of the kernel's, a hang, or a counter that does not add up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "dev.h"
#include "mp.h"

/* ---- chance: the same for the same seed ---- */

static u64 chance_state;

static u64 chance(void)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return chance_state * 0x2545f4914f6cdd1dULL;
}

static unsigned int below(unsigned int n)
{
	return (chance() >> 32) % n;
}

/* ---- coverage ---- */

#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_TRACE_PC	0
#define COVER_SIZE	(64 << 10)
#define EDGES		(1 << 16)

static unsigned long *cover;
static unsigned char seen[EDGES];
static unsigned int nr_seen;

static void start_coverage(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	ASSERT(fd >= 0, "the kernel has no CONFIG_KCOV");
	ASSERT_EQ(ioctl(fd, KCOV_INIT_TRACE, COVER_SIZE), 0);
	cover = mmap(NULL, COVER_SIZE * sizeof(*cover), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT((void *)cover != MAP_FAILED);
	ASSERT_EQ(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC), 0);
}

static void forget_coverage(void)
{
	__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
}

/* How many steps from one place to the next were new. */
static unsigned int new_edges(void)
{
	unsigned long n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED), i, before = 0;
	unsigned int found = 0;

	for (i = 1; i <= n && i < COVER_SIZE; i++) {
		unsigned long hash = (cover[i] ^ before << 1) * 0x9e3779b97f4a7c15UL >> 48;

		found += !seen[hash];
		seen[hash] = 1;
		before = cover[i];
	}
	nr_seen += found;
	return found;
}

/* ---- an input is read as calls ---- */

#define INPUT_MAX	400
#define SLOTS		3		/* sessions */
#define KIDS		4

struct input {
	unsigned int len;
	unsigned char bytes[INPUT_MAX];
};

/* What is left to read of it. */
static const unsigned char *next, *end;

static unsigned int byte(void)
{
	return next < end ? *next++ : 0;
}

/* Values at which something may change, and any other. */
static u64 number(void)
{
	static const u64 edges[] = {
		0, 1, 2, 63, 64, 65, 100, 4095, 4096, 4097, 65536, 99999, 100000, 1000000, 5000000,
		0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 32, ~0ULL >> 1, ~0ULL,
	};
	unsigned int b = byte();

	if (b < sizeof(edges) / sizeof(edges[0]))
		return edges[b];
	return b < 128 ? b : (u64)b << byte() % 48;
}

/* The registries: usertime's own, and those of the courses. */
static const char * const status_paths[] = {
	USERTIME_STATUS_PATH, MP1_STATUS_PATH, MP3_STATUS_PATH,
};

#define REGISTRIES	3

static int status_fds[REGISTRIES], buffer_fd;
static struct slot {
	int fd;			/* -1: none */
	struct usertime_setup setup;
	char *map;		/* the last mapping, or NULL */
	size_t size;
	bool writable;
} slots[SLOTS];
static pid_t kids[KIDS];

static struct slot *slot(void)
{
	return &slots[byte() % SLOTS];
}

static void kid_end(int i)
{
	if (!kids[i])
		return;
	kill(kids[i], SIGKILL);
	waitpid(kids[i], NULL, 0);
	kids[i] = 0;
}

/* It says something to the module as well, sometimes, and so do its own children. */
static void kid_begin(int i, unsigned int kind)
{
	char *argv[] = { (char *)"exits", NULL };

	kid_end(i);
	kids[i] = fork();
	if (kids[i])
		return;
	switch (kind % 4) {
	case 0:
		_exit(0);
	case 1:
		fork();
		execv("/proc/self/exe", argv);
		_exit(1);
	case 2:
		if (slots[0].fd >= 0)
			ioctl(slots[0].fd, USERTIME_IOC_SAMPLE);
		/* fall through */
	default:
		for (;;)
			pause();
	}
}

static pid_t pid(void)
{
	unsigned int b = byte();

	if (b < 128 && kids[b % KIDS])
		return kids[b % KIDS];
	if (b < 192)
		return getpid();
	return (pid_t)number();
}

/* Words of the grammar of status, in any order. */
static void write_words(int fd)
{
	char text[512];
	unsigned int words = byte() % 24, len = 0;

	while (words-- && len < sizeof(text) - 32) {
		switch (byte() % 10) {
		case 0: len += sprintf(text + len, "R "); break;
		case 1: len += sprintf(text + len, "U "); break;
		case 2: len += sprintf(text + len, "\n"); break;
		case 3: len += sprintf(text + len, " "); break;
		case 4: len += sprintf(text + len, "%llu", number()); break;
		case 5: text[len++] = byte(); break;
		case 6: len += sprintf(text + len, "R %d\n", pid()); break;
		case 7: len += sprintf(text + len, "U %d\n", pid()); break;
		case 8: len += sprintf(text + len, "-%d", pid()); break;
		default: len += sprintf(text + len, "%d", pid()); break;
		}
	}
	if (write(fd, text, len) < 0)
		return;
}

static void read_file_at(const char *path)
{
	static char buf[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int reads = 1 + byte() % 4;

	while (fd >= 0 && reads--) {
		if (byte() & 1)
			lseek(fd, number(), SEEK_SET);
		if (read(fd, buf, number() % sizeof(buf)) < 0)
			break;
	}
	if (fd >= 0)
		close(fd);
}

static void close_slot(struct slot *s)
{
	if (s->map)
		munmap(s->map, s->size);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct slot) { .fd = -1 };
}

static void open_slot(struct slot *s)
{
	close_slot(s);
	s->fd = open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static void set_up(struct slot *s)
{
	struct usertime_setup setup = {
		.period = number(), .ring = number() % 8192, .watermark = number() % 128,
		.flags = byte() % 10,
	};

	if (byte() == 1)
		setup.reserved[byte() % 3] = number();
	if (!ioctl(s->fd, USERTIME_IOC_SETUP, &setup))
		s->setup = setup;
}

static void set_up_well(struct slot *s)
{
	struct usertime_setup setup = {
		.period = byte() % 3 * MS, .ring = 64, .flags = byte() % 8,
	};

	if (!ioctl(s->fd, USERTIME_IOC_SETUP, &setup))
		s->setup = setup;
}

static void target(struct slot *s, unsigned long command)
{
	struct usertime_target t = { .pid = pid() };

	if (byte() < 16)
		t.start = number();
	if (byte() < 8)
		t.flags = number();
	ioctl(s->fd, command, &t);
}

static void map(struct slot *s)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE, PROT_EXEC };
	bool producer = byte() & 1, odd = byte() < 64;
	size_t size = producer ? s->setup.producer_size : s->setup.consumer_size;
	off_t offset = producer ? s->setup.consumer_size : 0;
	int prot = prots[odd ? byte() % 4 : !producer], flags = odd && byte() & 1 ? MAP_PRIVATE : MAP_SHARED;
	char *at;

	if (s->map)
		munmap(s->map, s->size);
	s->map = NULL;
	if (odd) {
		size += (byte() % 5 - 2) * 4096;
		offset += (byte() % 5 - 2) * 4096;
	}
	at = mmap(NULL, size, prot, flags, s->fd, offset);
	if (at == MAP_FAILED)
		return;
	s->map = at;
	s->size = size;
	s->writable = prot & PROT_WRITE && flags == MAP_SHARED;
}

static void change_map(struct slot *s)
{
	char *at;

	if (!s->map)
		return;
	switch (byte() % 3) {
	case 0:
		if (!mprotect(s->map, s->size, PROT_READ | PROT_WRITE))
			s->writable = true;
		break;
	case 1:
		at = mremap(s->map, s->size, s->size + 4096, MREMAP_MAYMOVE);
		if (at != MAP_FAILED) {
			s->map = at;
			s->size += 4096;
		}
		break;
	default:
		madvise(s->map, s->size, byte() & 1 ? MADV_DONTNEED : MADV_REMOVE);
	}
}

static void set_tail(struct slot *s)
{
	if (s->map && s->writable && s->size == s->setup.consumer_size)
		((volatile struct usertime_consumer *)s->map)->tail = number();
}

static void take(struct slot *s)
{
	static char buf[4096];

	if (read(s->fd, buf, number() % sizeof(buf)) < 0)
		return;
}

static void any_ioctl(struct slot *s)
{
	static char page[4096];
	unsigned long command = _IOC(byte() % 4, 0xe8, byte() % 8, number() % 128);

	ioctl(byte() < 32 ? status_fds[0] : s->fd, command, byte() < 64 ? (void *)(long)number() : page);
}

static void parameter(void)
{
	static const char * const names[] = {
		"period_ms", "max_targets", "max_targets_per_user", "max_bytes_per_user",
		"max_rate_per_user", "unprivileged", "precise",
	};

	param_set_num(names[byte() % 7], number());
}

/* What is mapped is shared with the module, which keeps its own count. */
static void scribble_in_buffer(void)
{
	size_t size = (1 + byte() % 130) * 4096;
	unsigned long *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer_fd,
				 byte() < 32 ? 4096 : 0);

	if (at == MAP_FAILED)
		return;
	at[number() % (size / sizeof(*at))] = number();
	munmap(at, size);
}

static void call(void)
{
	struct pollfd p = { .events = POLLIN | POLLPRI };
	struct slot *s;
	unsigned int what = byte() % 25;

	s = slot();
	switch (what) {
	case 0: case 1: write_words(status_fds[0]); break;
	case 2: read_file_at(USERTIME_STATUS_PATH); break;
	case 3: read_file_at(USERTIME_DETAIL_PATH); break;
	case 4: read_file_at(USERTIME_STATS_PATH); break;
	case 5: open_slot(s); break;
	case 6: close_slot(s); break;
	case 7: set_up(s); break;
	case 8: case 9: set_up_well(s); break;
	case 10: case 11: target(s, USERTIME_IOC_ADD); break;
	case 12: target(s, USERTIME_IOC_REMOVE); break;
	case 13: ioctl(s->fd, USERTIME_IOC_SAMPLE); break;
	case 14: map(s); break;
	case 15: change_map(s); break;
	case 16: set_tail(s); break;
	case 17: take(s); break;
	case 18: any_ioctl(s); break;
	case 19: kid_begin(byte() % KIDS, byte()); break;
	case 20: parameter(); break;
	case 21: write_words(status_fds[1 + byte() % 2]); break;
	case 22: read_file_at(status_paths[1 + byte() % 2]); break;
	case 23: scribble_in_buffer(); break;
	default:
		p.fd = byte() & 1 ? s->fd : status_fds[0];
		poll(&p, 1, byte() == 1);
	}
}

/* An input may have registered whatever lives. */
static void unregister_all(void)
{
	struct table t;
	size_t i;

	table_read(&t);
	for (i = 0; i < t.n; i++)
		urt_unregister(t.row[i].pid);
	table_free(&t);
	mp_printf(MP1_STATUS_PATH, "U %d", getpid());
	mp_printf(MP3_STATUS_PATH, "U %d", getpid());
}

static void run(const struct input *input)
{
	int i;

	next = input->bytes;
	end = next + input->len;
	for (i = 0; i < REGISTRIES; i++) {
		status_fds[i] = open(status_paths[i], O_RDWR | O_CLOEXEC);
		ASSERT(status_fds[i] >= 0, "%s: errno %d", status_paths[i], errno);
	}
	while (next < end)
		call();
	for (i = 0; i < SLOTS; i++)
		close_slot(&slots[i]);
	for (i = 0; i < KIDS; i++)
		kid_end(i);
	unregister_all();
	for (i = 0; i < REGISTRIES; i++)
		close(status_fds[i]);
}

/* ---- the corpus ---- */

#define CORPUS_MAX	4096

static struct input *corpus[CORPUS_MAX];
static unsigned int nr_corpus;

static void keep(const struct input *input)
{
	if (nr_corpus == CORPUS_MAX)
		return;
	corpus[nr_corpus] = malloc(sizeof(*input));
	ASSERT(corpus[nr_corpus]);
	*corpus[nr_corpus++] = *input;
}

static bool run_and_judge(const struct input *input)
{
	forget_coverage();
	run(input);
	if (!new_edges())
		return false;
	keep(input);
	return true;
}

static void insert(struct input *input, unsigned int at, const unsigned char *bytes, unsigned int n)
{
	if (input->len + n > INPUT_MAX)
		return;
	memmove(input->bytes + at + n, input->bytes + at, input->len - at);
	memcpy(input->bytes + at, bytes, n);
	input->len += n;
}

static void insert_some(struct input *input)
{
	unsigned char bytes[16];
	unsigned int i, n = 1 + below(sizeof(bytes));

	for (i = 0; i < n; i++)
		bytes[i] = below(4) ? below(24) : below(256);
	insert(input, below(input->len + 1), bytes, n);
}

static void splice_other(struct input *input)
{
	const struct input *other = corpus[below(nr_corpus)];
	unsigned int from, n;

	if (!other->len)
		return;
	from = below(other->len);
	n = 1 + below(other->len - from);
	insert(input, below(input->len + 1), other->bytes + from, n);
}

static void cut(struct input *input)
{
	unsigned int from, n;

	if (input->len < 2)
		return;
	from = below(input->len);
	n = 1 + below(input->len - from);
	memmove(input->bytes + from, input->bytes + from + n, input->len - from - n);
	input->len -= n;
}

static void change(struct input *input)
{
	unsigned int times = 1 + below(4);

	while (times--) {
		switch (below(5)) {
		case 0: insert_some(input); break;
		case 1: splice_other(input); break;
		case 2: cut(input); break;
		case 3:
			if (input->len)
				input->bytes[below(input->len)] = below(256);
			break;
		default:
			if (input->len)
				input->bytes[below(input->len)] ^= 1 << below(8);
		}
	}
}

static void print_corpus(void)
{
	unsigned int i, j;

	for (i = 0; i < nr_corpus; i++) {
		printf("corpus: ");
		for (j = 0; j < corpus[i]->len; j++)
			printf("%02x", corpus[i]->bytes[j]);
		printf("\n");
	}
	fflush(stdout);
}

static const char *corpus_path;

static void read_corpus(void)
{
	char line[2 * INPUT_MAX + 2];
	FILE *file = fopen(corpus_path, "r");
	struct input input;
	unsigned int value;

	ASSERT(file, "%s: errno %d", corpus_path, errno);
	while (fgets(line, sizeof(line), file)) {
		for (input.len = 0; sscanf(line + 2 * input.len, "%2x", &value) == 1; input.len++)
			input.bytes[input.len] = value;
		run_and_judge(&input);
	}
	fclose(file);
	tap_note("the corpus: %u inputs that reach something new, %u edges", nr_corpus, nr_seen);
	EXPECT(nr_seen >= 700, "%u edges", nr_seen);
}

static double seconds;

static void fuzz(void)
{
	struct input input = { 0 };
	unsigned long runs = 0;
	double until;
	int i;

	for (i = 0; i < SLOTS; i++)
		slots[i].fd = -1;
	buffer_fd = mp3_open();
	start_coverage();
	if (corpus_path)
		read_corpus();
	if (!nr_corpus)
		keep(&input);
	until = tap_now() + seconds;
	while (tap_now() < until) {
		input = *corpus[below(nr_corpus)];
		change(&input);
		run_and_judge(&input);
		if (++runs % 500 == 0) {
			WAIT_FOR(counter("sessions") == 0);
			tap_note("%lu inputs, %u kept, %u edges", runs, nr_corpus, nr_seen);
		}
	}
	tap_note("%lu inputs, %u kept, %u edges", runs, nr_corpus, nr_seen);
	print_corpus();
}

int main(int argc, char *argv[])
{
	if (!strcmp(argv[0], "exits"))
		return 0;
	seconds = argc > 1 ? atof(argv[1]) : 60;
	chance_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	corpus_path = argc > 3 ? argv[3] : NULL;
	tap_add("inputs of all kinds", fuzz);
	return mp_main();
}
