/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of usertime_mp share: loading it, its files, and processes that do as they are told. */
#ifndef MP_H
#define MP_H

#include "urt.h"

#define MP1_STATUS_PATH	"/proc/mp1/status"
#define MP3_STATUS_PATH	"/proc/mp3/status"

/* As module_load() and module_unload(); USERTIME_MP_KO names the file. */
int mp_load(const char *options);
int mp_unload(void);

/* Writes a text in one write(2), as the courses' programs open their files: bytes or -errno. */
long mp_write(const char *path, const char *text, size_t len);
long mp_printf(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Its node of mp3_dev; each process has its own: several may be at it at once. */
const char *mp3_node(void);

/* Makes and opens it; to be unlinked. */
int mp3_open(void);

/* main() of a test: loads the module before each and unloads it afterwards. */
int mp_main(void);

#endif
