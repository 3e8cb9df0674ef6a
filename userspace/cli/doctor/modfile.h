/* SPDX-License-Identifier: GPL-2.0-only */
/* The module as modprobe(8) would find it for a kernel. */
#ifndef USERTIME_MODFILE_H
#define USERTIME_MODFILE_H

#include <stdbool.h>

struct modfile {
	char *path;		/* NULL: modprobe knows of none */
	int error;		/* 0, or why the file cannot be read (errno) */
	/* What it says about itself, NULL where it does not. */
	char *vermagic;
	char *version;
	char *srcversion;
	char *abi;
	char *signer;		/* "" for a signature that does not name one */
	/* What modprobe.d says. */
	bool blacklisted;
	bool replaced;		/* by an install command */
};

void modfile_read(struct modfile *file, const char *root, const char *kernel);
void modfile_free(struct modfile *file);

/* The file is there and was made for that kernel. */
bool modfile_fits(const struct modfile *file, const char *kernel);

#endif
