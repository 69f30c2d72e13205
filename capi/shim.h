/* What the C and the Go side of the library know of each other. */
#ifndef NEXUS_SHIM_H
#define NEXUS_SHIM_H

#include <nexus.h>

/* The list of descriptors that a forked child closes. */
int nxs_inherit(int fd); /* 1 if it is new on the list */
void nxs_disinherit(int fd);

#endif
