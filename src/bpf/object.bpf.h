/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.bpf.h - what a descriptor points to: its identity, on the hot path. Its
 * name, at first sight only, is name.bpf.h's.
 */
#ifndef CTOP_BPF_OBJECT_H
#define CTOP_BPF_OBJECT_H

/* Tables, not switches: the verifier would follow every kind on its own. */
static const volatile u8 sock_kinds[64] = {
	[AF_UNIX] = OBJ_UNIX, [AF_INET] = OBJ_INET, [AF_INET6] = OBJ_INET, [AF_NETLINK] = OBJ_NETLINK, [AF_PACKET] = OBJ_PACKET,
};

static const volatile u8 file_kinds[16] = {
	[S_IFREG >> 12] = OBJ_FILE, [S_IFDIR >> 12] = OBJ_DIR,  [S_IFCHR >> 12] = OBJ_CHR,
	[S_IFBLK >> 12] = OBJ_BLK,  [S_IFIFO >> 12] = OBJ_FIFO, [S_IFSOCK >> 12] = OBJ_SOCK,
};

static __always_inline u8 sock_kind(u16 family)
{
	u8 kind = sock_kinds[family & 63]; /* AF_MAX is 46 */

	return kind ? kind : OBJ_SOCK;
}

static __always_inline struct sock *file_sock(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

/*
 * On the hot path every bpf_probe_read_kernel() costs ~15 ns. From 6.2 on
 * (fd264ca02094) a number can be cast to a typed pointer that is read with
 * plain, fault-safe loads. can_cast is read-only data: the verifier removes
 * the road that is not taken. Older kernels get an object without it: libbpf
 * would look for the missing function in all modules, which takes
 * CAP_SYS_ADMIN, and fail for a user with CAP_BPF and CAP_PERFMON alone.
 */
#ifdef CTOP_PLAIN
#define bpf_rdonly_cast(obj, btf_id) ((void)(btf_id), (void *)(obj))
#else
extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym __weak;
#endif

#define CAST(type, address) ((type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type)))

/*
 * LOOSE(type, p) makes the verifier forget that p can be trusted. Of what is read through a pointer that it trusts
 * it asks whether that can be trusted as well, by a search through all the types of the kernel: a millisecond for
 * each time it comes by.
 */
#ifdef CTOP_PLAIN
#define LOOSE(type, p) ((type *)(p))
#else
#define LOOSE(type, p) CAST(type, (u64)(p))
#endif

/* The verifier computes with numbers only. Half an address it gives away (to CAP_PERFMON); */
static __always_inline u32 lower_half(const void *p)
{
	u32 half;

	asm volatile("%0 = %1" : "=w"(half) : "w"((u32)(u64)p));
	return half;
}

/* a whole one has to be copied as memory. */
static __always_inline u64 plain_address(const void *p)
{
	u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &p);
	return address;
}

/* What identity needs of a file. */
struct file_facts {
	u64 ino;
	u32 dev, gen;
	u16 mode, family;
};

static __always_inline bool file_facts_cast(u64 address, struct file_facts *f)
{
	struct file *file = CAST(struct file, address);
	struct inode *inode = file->f_inode;
	struct super_block *sb;

	if (!inode)
		return false;
	sb = inode->i_sb;
	f->mode = inode->i_mode;
	f->ino = inode->i_ino;
	f->gen = inode->i_generation;
	if (sb)
		f->dev = sb->s_dev;
	f->family = 0;
	if ((f->mode & S_IFMT) == S_IFSOCK && file->private_data) {
		struct socket *socket = CAST(struct socket, file->private_data);
		struct sock *sk = socket->sk;

		if (sk)
			f->family = sk->__sk_common.skc_family;
	}
	return true;
}

static __always_inline bool file_facts_probe(u64 address, struct file_facts *f)
{
	struct file *file = (void *)address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *sb;

	if (!inode)
		return false;
	sb = BPF_CORE_READ(inode, i_sb);
	f->mode = BPF_CORE_READ(inode, i_mode);
	f->ino = BPF_CORE_READ(inode, i_ino);
	f->gen = BPF_CORE_READ(inode, i_generation);
	f->dev = BPF_CORE_READ(sb, s_dev);
	f->family = 0;
	if ((f->mode & S_IFMT) == S_IFSOCK) {
		struct sock *sk = file_sock(file);

		f->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	}
	return true;
}

/* Whether a file of this kind has no inode of its own, and what it is then: its operations tell. */
static __always_inline bool file_is_anon(struct file *at, u8 kind, u32 *ret_what)
{
	u64 magic;

	if (kind != OBJ_NONE && kind != OBJ_FILE)
		return false;
	if (can_cast) {
		struct file *file = CAST(struct file, (u64)at);

		magic = kind == OBJ_FILE ? file->f_inode->i_sb->s_magic : ANON_INODE_FS_MAGIC;
		if (magic != ANON_INODE_FS_MAGIC)
			return false;
		*ret_what = lower_half(file->f_op);
		return true;
	}
	magic = kind == OBJ_FILE ? BPF_CORE_READ(at, f_inode, i_sb, s_magic) : ANON_INODE_FS_MAGIC;
	if (magic != ANON_INODE_FS_MAGIC)
		return false;
	*ret_what = (u64)BPF_CORE_READ(at, f_op);
	return true;
}

/* Identity of an open file; false when it has none. */
static __always_inline bool object_of_file(struct file *file, struct object *o)
{
	struct file_facts f = {};
	u32 what = 0;

	if (can_cast) {
		if (!file_facts_cast((u64)file, &f))
			return false;
	} else if (!file_facts_probe((u64)file, &f)) {
		return false;
	}
	o->file = file;
	o->family = f.family;
	o->key.ino = f.ino;
	o->key.dev = f.dev;
	o->key.gen = f.gen;
	o->kind = file_kinds[f.mode >> 12 & 15];
	if (o->kind == OBJ_SOCK) {
		o->kind = sock_kind(f.family);
		return true;
	}
	/* Anonymous inodes: mode 0 until 6.15, S_IFREG since (cfd86ef7e8e7); all share one inode. */
	if (file_is_anon(file, o->kind, &what)) {
		o->kind = OBJ_ANON;
		o->key.ino = plain_address(file);
		o->key.gen = what; /* a freed file's memory may become another kind */
	}
	return true;
}

/* Identity of a descriptor of a task; false when it is not open. */
static __always_inline bool object_of_fd(struct task_struct *task, s64 fd, struct object *o)
{
	struct files_struct *files = LOOSE(struct task_struct, task)->files;
	struct fdtable *fdt;
	struct file **slots;
	struct file *file = NULL;

	o->kind = OBJ_NONE;
	if (!files)
		return false;
	fdt = files->fdt;
	if (!fdt || (u64)(u32)fd >= fdt->max_fds)
		return false;
	slots = fdt->fd;
	if (can_cast) {
		/* a slot of the table looks like any struct that begins with a struct file pointer */
		struct kiocb *slot = CAST(struct kiocb, (u64)slots + (u32)fd * sizeof(file));

		file = slot->ki_filp;
	} else {
		bpf_probe_read_kernel(&file, sizeof(file), slots + (u32)fd);
	}
	if (!file)
		return false;
	return object_of_file(file, o);
}

/* The same for the current task; a global function, so that the verifier looks at it once. */
__noinline int object_of_own_fd(u32 fd, struct object *o)
{
	return o ? object_of_fd(bpf_get_current_task_btf(), fd, o) : 0;
}

/* The same on the hot path: in line where it is short, which before 6.2 (see above) it is not. */
static __always_inline void object_of_call_fd(struct task_struct *task, u32 fd, struct object *o)
{
#ifdef CTOP_PLAIN
	object_of_own_fd(fd, o);
#else
	object_of_fd(task, fd, o);
#endif
}

#endif
