// SPDX-License-Identifier: GPL-2.0-only
/* The file of a registry: written to register processes, read for their user CPU time. */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "decimal.h"
#include "proc.h"
#include "registry.h"
#include "uapi/usertime.h"
#include "visible.h"

#define POLLED	0		/* bit of urt_reader.flags: holds the registry's module */

static struct urt_reader *reader_of(const struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

/* Writing. */

struct command {
	char verb;			/* 'R' or 'U' */
	bool too_large;			/* the number fits no pid_t */
	pid_t nr;
};

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* Digits at @s into @cmd; returns what follows them, or NULL where there is no positive number. */
static const char *parse_number(const char *s, const char *end, struct command *cmd)
{
	const char *digits = s;
	u64 value = 0;

	for (; s < end && isdigit(*s); s++) {
		value = value * 10 + (*s - '0');
		if (value > INT_MAX)
			cmd->too_large = true;
		if (cmd->too_large)
			value = INT_MAX;	/* cannot overflow, however long */
	}
	if (s == digits || !value)
		return NULL;
	cmd->nr = value;
	return s;
}

/* One line, without its newline: [R|U] NUMBER. Returns 0 or -EINVAL. */
static int parse_line(const char *s, const char *end, struct command *cmd)
{
	*cmd = (struct command) { .verb = 'R' };
	s = skip_blanks(s, end);
	if (s < end && (*s == 'R' || *s == 'U')) {
		cmd->verb = *s++;
		if (s == skip_blanks(s, end))
			return -EINVAL;
		s = skip_blanks(s, end);
	}
	s = parse_number(s, end, cmd);
	return s && skip_blanks(s, end) == end ? 0 : -EINVAL;
}

static int apply(const struct file *file, const struct command *cmd)
{
	struct urt_registry *r = reader_of(file)->registry;

	if (cmd->too_large)
		return -ERANGE;
	if (cmd->verb == 'U')
		return urt_registry_remove(r, file, cmd->nr);
	return urt_registry_add(r, file, cmd->nr);
}

static const char *line_end(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', end - line);

	return newline ?: end;
}

static int check_lines(const char *text, const char *end)
{
	struct command cmd;
	const char *eol;

	do {
		eol = line_end(text, end);
		if (parse_line(text, eol, &cmd))
			return -EINVAL;
		text = eol + 1;
	} while (text < end);
	return 0;
}

/* Returns the bytes of the lines that were applied, or the first one's error. */
static ssize_t apply_lines(const struct file *file, const char *text, const char *end)
{
	const char *line = text, *eol;
	struct command cmd;
	int err = 0;

	do {
		eol = line_end(line, end);
		parse_line(line, eol, &cmd);
		err = apply(file, &cmd);
		if (err)
			break;
		line = min(eol + 1, end);
		cond_resched();
	} while (line < end);
	return line > text ? line - text : err;
}

static ssize_t status_write(struct file *file, const char __user *user, size_t n, loff_t *pos)
{
	ssize_t ret;
	char *text;

	if (n > USERTIME_WRITE_MAX)
		return -E2BIG;
	if (!n)
		return -EINVAL;
	text = memdup_user(user, n);
	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = check_lines(text, text + n);
	if (!ret)
		ret = apply_lines(file, text, text + n);
	kfree(text);
	return ret;
}

/* Reading. */

/* The longest line: PID, ": ", nanoseconds and a newline. */
#define LINE_BYTES	(10 + 2 + URT_DECIMAL_MAX + 1)

static char *put_line(char *to, const struct urt_name *name, bool number_only)
{
	to = urt_put_decimal(to, name->nr);
	if (likely(!number_only)) {
		*to++ = ':';
		*to++ = ' ';
		to = urt_put_decimal(to, urt_name_entry(name)->target.totals.user);
	}
	*to++ = '\n';
	return to;
}

/*
 * As many lines as fit are one record to seq_file, which would otherwise spend more on getting from
 * one to the next than a line costs. The lock is held from the first to the last call for a read.
 */
static int status_show(struct seq_file *m, void *v)
{
	const bool all = urt_all_visible(m->file);
	struct urt_reader *reader = m->private;
	const bool numbers_only = reader->registry->ops->numbers_only;
	const struct urt_name *name;
	char *buf, *to, *full;
	size_t room;

	if (v == SEQ_START_TOKEN)
		return SEQ_SKIP;
	room = seq_get_buf(m, &buf);
	if (room <= LINE_BYTES) {
		seq_commit(m, -1);
		return 0;
	}
	/* One byte must stay free, or seq_file takes it for an overflow. */
	full = buf + room - LINE_BYTES - 1;
	to = buf;
	for (name = v; name; name = urt_registry_next(name)) {
		if (to > full)
			break;
		if (all || urt_seq_visible(m, name))
			to = put_line(to, name, numbers_only);
		else
			cond_resched();		/* no buffer bounds these */
		reader->last = name;
	}
	seq_commit(m, to - buf);
	return 0;
}

static void *status_next(struct seq_file *m, void *v, loff_t *pos)
{
	const struct urt_reader *reader = m->private;

	if (v == SEQ_START_TOKEN)
		return urt_seq_next(m, v, pos);
	/* The record began at @pos and went on to that one. */
	*pos = reader->last->nr;
	return urt_seq_next(m, (void *)reader->last, pos);
}

static const struct seq_operations status_seq_ops = {
	.start = urt_seq_start,
	.next = status_next,
	.stop = urt_seq_stop,
	.show = status_show,
};

static int status_open(struct inode *inode, struct file *file)
{
	struct urt_reader *reader = __seq_open_private(file, &status_seq_ops, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->registry = urt_pde_data(inode);
	reader->seen = READ_ONCE(reader->registry->refreshes);
	/* seq_open() takes pwrite() away; here the offset of a write does not matter. */
	if (file->f_mode & FMODE_WRITE)
		file->f_mode |= FMODE_PWRITE;
	return 0;
}

/* stdio looks for the end before it appends. It is wherever the next write goes: anywhere. */
static loff_t status_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_END && !offset)
		return file->f_pos;
	return seq_lseek(file, offset, whence);
}

/*
 * Whoever polls stays on the wait queue, which must not go: an open procfs file does not hold the
 * module, so the first poll does, until the file is closed.
 */
static __poll_t status_poll(struct file *file, struct poll_table_struct *wait)
{
	struct urt_reader *reader = reader_of(file);
	struct urt_registry *r = reader->registry;
	unsigned long now;

	if (!test_bit(POLLED, &reader->flags)) {
		if (!try_module_get(r->ops->owner))
			return EPOLLERR | EPOLLHUP;
		if (test_and_set_bit(POLLED, &reader->flags))
			module_put(r->ops->owner);
	}
	poll_wait(file, &r->wait, wait);
	now = READ_ONCE(r->refreshes);
	if (xchg(&reader->seen, now) == now)
		return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
	return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM | EPOLLPRI;
}

static int status_release(struct inode *inode, struct file *file)
{
	struct urt_reader *reader = reader_of(file);

	if (test_bit(POLLED, &reader->flags))
		module_put(reader->registry->ops->owner);
	return seq_release_private(inode, file);
}

static const struct proc_ops status_ops = {
	.proc_open = status_open,
	.proc_read_iter = seq_read_iter,
	.proc_write = status_write,
	.proc_lseek = status_lseek,
	.proc_poll = status_poll,
	.proc_release = status_release,
};

/* An administrator may chmod it. */
static const umode_t everybody = 0666;

/**
 * urt_registry_create_file - make the file by which users reach a registry
 * @r: the registry
 * @name: the file's name
 * @parent: in which directory of procfs
 *
 * Who may register what is decided at each write. Returns NULL without memory. To be removed before
 * the registry is torn down.
 */
struct proc_dir_entry *urt_registry_create_file(struct urt_registry *r, const char *name,
						struct proc_dir_entry *parent)
{
	return proc_create_data(name, everybody, parent, &status_ops, r);
}
EXPORT_SYMBOL_GPL(urt_registry_create_file);
