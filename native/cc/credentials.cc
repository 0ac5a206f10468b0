#include "credentials.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"

// A tmpfs mounted inside a user namespace can only hold ids that are mapped there: creating as host
// root is EOVERFLOW (may_create, fs/namei.c), so the container's root creates.
//
// setfsuid(2) away from 0 drops the file system capabilities from the effective set
// (cap_task_fix_setuid, security/commoncap.c); CHOWN, MKNOD, DAC_OVERRIDE, FOWNER are still needed,
// and the permitted set still has them. Raw capset(2) concerns the calling thread only.
// Side effect: commit_creds() makes the process undumpable (fs.suid_dumpable), which a root daemon is
// well off with.
void createAs(unsigned uid, unsigned gid) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before[2], now[2];
  check(::syscall(SYS_capget, &header, before), "capget", "thread");
  ::setfsgid(gid);
  ::setfsuid(uid);
  // Neither call reports failure; asking for -1 changes nothing and returns what is set, setfsuid(2).
  if (unsigned(::setfsuid(unsigned(-1))) != uid || unsigned(::setfsgid(unsigned(-1))) != gid)
    fail("setfsuid", std::to_string(uid) + ":" + std::to_string(gid), EPERM);
  check(::syscall(SYS_capget, &header, now), "capget", "thread");
  for (int i = 0; i < 2; i++) now[i].effective = before[i].effective;
  check(::syscall(SYS_capset, &header, now), "capset", "thread");
}
