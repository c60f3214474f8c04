/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain.c - the second build of the BPF object, for kernels without bpf_rdonly_cast(). Maps and
 * programs are those of the first, so that its skeleton serves both; only the bytes are from here.
 */
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "bpf/capture_priv.h"
#include "ctop_plain.skel.h"

const void *plain_object(size_t *ret_size)
{
	return ctop_plain__elf_bytes(ret_size);
}
