package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystems names the magic numbers of statfs(2) that people meet. On some of
// them (nfs, 9p, fuse) file locks and mmap depend on the server.
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.TMPFS_MAGIC: "tmpfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.NFS_SUPER_MAGIC: "nfs", unix.V9FS_MAGIC: "9p", unix.FUSE_SUPER_MAGIC: "fuse",
	0x2fc12fc1: "zfs",
}

// examineMachine asks the system; what it does not tell stays 0.
func examineMachine(dir string) machine {
	var m machine
	var disk unix.Statfs_t
	if unix.Statfs(dir, &disk) == nil {
		m.DiskFreeBytes = disk.Bavail * uint64(disk.Bsize)
		if m.FileSystem = fileSystems[int64(disk.Type)]; m.FileSystem == "" {
			m.FileSystem = fmt.Sprintf("%#x", disk.Type)
		}
	}
	m.OpenFilesMax = resourceLimit(unix.RLIMIT_NOFILE)
	m.FileBytesMax = resourceLimit(unix.RLIMIT_FSIZE)
	m.MemoryBytes, m.AvailableBytes = memoryInfo()
	m.MemoryLimitBytes = containerLimit(m.MemoryBytes)
	return m
}

// resourceLimit returns a soft limit, 0 where there is none.
func resourceLimit(resource int) uint64 {
	var l unix.Rlimit
	if unix.Getrlimit(resource, &l) != nil || l.Cur == unix.RLIM_INFINITY {
		return 0
	}
	return l.Cur
}

func memoryInfo() (total, available uint64) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kilobytes, _ := strconv.ParseUint(fields[1], 10, 64)
		switch fields[0] {
		case "MemTotal:":
			total = kilobytes << 10
		case "MemAvailable:":
			available = kilobytes << 10
		}
	}
	return total, available
}

// containerLimit returns the memory limit of the control group that the file
// system shows as its root, which is this process's own in a container; 0 where
// it allows more than there is.
func containerLimit(total uint64) uint64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			n, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64) // "max" is no number and gives 0
			if n >= total {
				n = 0
			}
			return n
		}
	}
	return 0
}
