/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UDEVNS_GATE_REASON_H
#define UDEVNS_GATE_REASON_H

/* Why this kernel cannot have the gate, with what to do; NULL if nothing speaks against it. */
const char *gate_obstacle(void);

/* Why an attached program would never be called; the kernel says nothing of it. */
const char *gate_never_called(void);

#endif
