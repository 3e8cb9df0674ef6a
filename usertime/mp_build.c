// SPDX-License-Identifier: GPL-2.0-only
/* usertime_mp as one compilation unit: see build.c. */
#include "mp_main.c"
#include "mp_dir.c"
#include "mp1.c"
#include "mp3.c"
#include "mp3_buffer.c"
