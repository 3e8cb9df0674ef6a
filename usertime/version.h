/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef URT_VERSION_H
#define URT_VERSION_H

/* The release, as the first line of debian/changelog has it. Kbuild makes the source. */
extern const char urt_version[];

#endif
