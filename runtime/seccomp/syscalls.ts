/** System calls every container may make, as in Docker's default profile; those of other architectures included, by libseccomp's names. */
export const ALWAYS_ALLOWED: readonly string[] = [
  // processes
  `execve execveat exit exit_group fork get_robust_list get_thread_area getcpu getpgid getpgrp getpid
  getppid getrlimit getrusage getsid gettid kill landlock_add_rule landlock_create_ruleset
  landlock_restrict_self membarrier pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease
  restart_syscall riscv_hwprobe rseq seccomp set_robust_list set_thread_area set_tid_address setpgid
  setrlimit setsid sysinfo tgkill times tkill ugetrlimit umask uname uretprobe vfork wait4 waitid waitpid`,
  // identity
  `capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid
  getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid
  setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
  setreuid32 setuid setuid32`,
  // scheduling
  `getpriority ioprio_get ioprio_set sched_get_priority_max sched_get_priority_min sched_getaffinity
  sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
  sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield setpriority`,
  // signals
  `pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask
  sigreturn`,
  // time
  `adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
  clock_gettime64 clock_nanosleep clock_nanosleep_time64 futex_time64 getitimer gettimeofday
  io_pgetevents_time64 mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 nanosleep
  ppoll_time64 pselect6_time64 recvmmsg_time64 semtimedop semtimedop_time64 setitimer time timer_create
  timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
  timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64`,
  // polling
  `_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
  epoll_wait_old eventfd eventfd2 fanotify_mark futex futex_requeue futex_wait futex_waitv futex_wake
  inotify_add_watch inotify_init inotify_init1 inotify_rm_watch poll ppoll pselect6 select`,
  // sockets
  `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmsg
  send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  // ipc
  `ipc mq_getsetattr mq_notify mq_open mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop shmat
  shmctl shmdt shmget`,
  // memory
  `brk madvise map_shadow_stack memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect
  mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect readahead
  remap_file_pages`,
  // files and data
  `_llseek cachestat close close_range copy_file_range creat dup dup2 dup3 fadvise64 fadvise64_64 fallocate
  fcntl fcntl64 fdatasync flock fsync ftruncate ftruncate64 io_cancel io_destroy io_getevents
  io_pgetevents io_setup io_submit ioctl lseek name_to_handle_at open openat openat2 pipe pipe2 pread64
  preadv preadv2 pwrite64 pwritev pwritev2 read readv sendfile sendfile64 splice sync sync_file_range
  syncfs tee truncate truncate64 vmsplice write writev`,
  // names and metadata
  `access chdir chmod chown chown32 faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 fchown fchown32
  fchownat fgetxattr flistxattr fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 futimesat
  getcwd getdents getdents64 getrandom getxattr getxattrat lchown lchown32 lgetxattr link linkat listmount
  listxattr listxattrat llistxattr lremovexattr lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat
  newfstatat readlink readlinkat removexattr removexattrat rename renameat renameat2 rmdir setxattr
  setxattrat stat stat64 statfs statfs64 statmount statx symlink symlinkat unlink unlinkat utime utimensat
  utimensat_time64 utimes`,
].flatMap((topic) => topic.split(/\s+/));
