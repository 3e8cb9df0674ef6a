/* SPDX-License-Identifier: GPL-2.0-only */
/* The release, for the modules and the tools; debian/changelog must agree. */
#ifndef USERTIME_VERSION_H
#define USERTIME_VERSION_H

#define USERTIME_VERSION "0.1.0"

#endif
